//! Faces drawn with punctuation, and emoji.

const EMOTICONS: &[&str] = &[
    ":)", ":-)", ":(", ":-(", ";)", ";-)", ":D", ":-D", ";D", ":P", ":-P", ":p", ":-p", ";P", ";p", ":o", ":O", ":-o",
    ":-O", ":/", ":-/", ":\\", ":|", ":-|", ":*", ":-*", "=)", "=(", "=D", "=P", "=/", ":]", ":[", "(:", "(-:", ":'(",
    ":')", "<3", "</3", "^_^", "-_-", "o_O", "O_o", ":3", ":>", ":<", ">:(", "8)", "8-)", ":))", ":)))", ":((", ";))",
];

/// Bytes of the longest.
const LONGEST: usize = 4;

/// Whether a chunk is an emoticon or nothing but emoji.
#[inline]
pub fn is_emoticon(chunk: &str) -> bool {
    // Hardly any chunk is one, and its first byte tells.
    let starts = |byte: &u8| {
        !byte.is_ascii() || matches!(byte, b':' | b';' | b'=' | b'(' | b'<' | b'>' | b'^' | b'-' | b'8' | b'o' | b'O')
    };
    chunk.as_bytes().first().is_some_and(starts) && is_listed(chunk)
}

fn is_listed(chunk: &str) -> bool {
    (chunk.len() <= LONGEST && EMOTICONS.contains(&chunk)) || chunk.chars().all(is_emoji)
}

/// Whether a character is an emoji or belongs to one: joiner, presentation, keycap, tags of flags.
pub fn is_emoji(character: char) -> bool {
    matches!(
        character,
        '\u{1f000}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{200d}' | '\u{20e3}' | '\u{2b50}' | '\u{2b55}'
            | EMOJI_STYLE | '\u{e0020}'..='\u{e007f}'
    )
}

/// Makes an emoji of the sign before it.
pub const EMOJI_STYLE: char = '\u{fe0f}';

#[cfg(test)]
mod tests {
    #[test]
    fn every_emoticon_is_found() {
        assert!(super::EMOTICONS.iter().all(|face| super::is_emoticon(face)));
        assert!(super::is_emoticon("😀") && !super::is_emoticon("") && !super::is_emoticon("ox"));
    }
}
