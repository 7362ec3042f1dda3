//! What single characters mean for sentences.

/// Ends a sentence of its own accord, where white space follows.
pub fn is_exclamation(character: char) -> bool {
    matches!(character, '!' | '?' | '‼' | '‽' | '⁇' | '⁈' | '⁉' | '؟' | '۔' | '։' | '።' | '፧' | '፨' | '។' | '៕' | '᙮')
}

/// Ends a sentence with or without white space behind it: the scripts of East and South Asia.
pub fn is_full_stop(character: char) -> bool {
    matches!(character, '。' | '！' | '？' | '｡' | '।' | '॥' | '။' | '᠃' | '꓿' | '︒')
}

pub fn is_dot(character: char) -> bool {
    matches!(character, '.' | '…' | '．')
}

pub fn is_ender(character: char) -> bool {
    is_dot(character) || is_exclamation(character) || is_full_stop(character)
}

/// Closes what was opened; belongs to the sentence that it closes.
pub fn is_closer(character: char) -> bool {
    matches!(
        character,
        '"' | '\'' | '”' | '’' | '»' | '›' | ')' | ']' | '}' | '」' | '』' | '）' | '】' | '〉' | '》' | '*' | '_'
    )
}

/// Opens; belongs to the sentence that begins with it.
pub fn is_opener(character: char) -> bool {
    matches!(
        character,
        '"' | '\''
            | '“'
            | '„'
            | '‘'
            | '‚'
            | '«'
            | '‹'
            | '('
            | '['
            | '{'
            | '「'
            | '『'
            | '（'
            | '【'
            | '*'
            | '_'
            | '¿'
            | '¡'
            | '`'
    )
}

pub fn is_dash(character: char) -> bool {
    matches!(character, '-' | '–' | '—' | '―' | '~' | '=' | '#' | '+')
}

pub fn is_bullet(character: char) -> bool {
    matches!(character, '•' | '⁃' | '‣' | '◦' | '▪' | '●' | '■' | '□' | '➢' | '✓')
}

/// Punctuation and symbols that are tokens of their own at a word's ends.
pub fn is_sign(character: char) -> bool {
    character.is_ascii_punctuation()
        || matches!(
            character,
            '¡'..='©' | '«' | '¬' | '®'..='±' | '´' | '¶'..='¸' | '»' | '¿' | '×' | '÷' | '՚'..='՟' | '։' | '،' | '؛' | '؟' | '۔'
                | '।' | '॥' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}' | '\u{20a0}'..='\u{20c0}' | '™'
                | '\u{2190}'..='\u{23ff}' | '\u{2500}'..='\u{25ff}' | '\u{2e00}'..='\u{2e5d}' | '\u{3001}'..='\u{3003}'
                | '\u{3008}'..='\u{3011}' | '\u{3014}'..='\u{301f}' | '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}'
                | '\u{ff3b}'..='\u{ff40}' | '\u{ff5b}'..='\u{ff65}'
        )
}

pub fn is_currency(character: char) -> bool {
    matches!(character, '$' | '¢' | '£' | '¤' | '¥' | '\u{20a0}'..='\u{20c0}')
}

pub fn is_apostrophe(character: char) -> bool {
    matches!(character, '\'' | '’')
}

/// Letters of the scripts that write words without blanks, and that are cut by Unicode's rules (UAX 29).
pub fn is_unspaced(character: char) -> bool {
    matches!(
        character,
        '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}' | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3134f}'
    )
}
