//! Faces drawn with punctuation, and emoji.

const EMOTICONS: &[&str] = &[
    ":)", ":-)", ":(", ":-(", ";)", ";-)", ":D", ":-D", ";D", ":P", ":-P", ":p", ":-p", ";P", ";p", ":o", ":O", ":-o",
    ":-O", ":/", ":-/", ":\\", ":|", ":-|", ":*", ":-*", "=)", "=(", "=D", "=P", "=/", ":]", ":[", "(:", "(-:", ":'(",
    ":')", "<3", "</3", "^_^", "-_-", "o_O", "O_o", "xD", "XD", ":3", ":>", ":<", ">:(", "8)", "8-)", ":))", ":)))",
    ":((", ";))",
];

/// Whether a chunk is an emoticon or nothing but emoji.
pub fn is_emoticon(chunk: &str) -> bool {
    // Hardly any chunk is one, and its first byte tells.
    let may_be = |byte: &u8| !byte.is_ascii() || matches!(byte, b':' | b';' | b'=' | b'(' | b'<' | b'>' | b'^' | b'-' | b'8' | b'o' | b'O' | b'x' | b'X');
    if !chunk.as_bytes().first().is_some_and(may_be) {
        return false;
    }
    EMOTICONS.contains(&chunk) || (!chunk.is_empty() && chunk.chars().all(is_emoji))
}

pub fn is_emoji(character: char) -> bool {
    matches!(character, '\u{1f000}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{fe0f}' | '\u{200d}' | '\u{2b50}' | '\u{2b55}')
}
