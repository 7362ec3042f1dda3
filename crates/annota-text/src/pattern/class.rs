//! Java's character classes, as Rust's regular expressions write them.

/// The inside of a class for an escape such as `\s`; ASCII only, as Java has it.
pub fn of_escape(letter: char) -> Option<&'static str> {
    Some(match letter {
        'd' | 'D' => "0-9",
        'w' | 'W' => "A-Za-z0-9_",
        's' | 'S' => r"\t\n\x0B\f\r\x20",
        'h' | 'H' => r"\x20\t\xA0\u1680\u180E\u2000-\u200A\u202F\u205F\u3000",
        'v' | 'V' => r"\n\x0B\f\r\x85\u2028\u2029",
        _ => return None,
    })
}

/// The inside of a class for a POSIX name (`\p{Punct}`); ASCII only.
pub fn of_posix(name: &str) -> Option<&'static str> {
    Some(match name {
        "Lower" => "a-z",
        "Upper" => "A-Z",
        "ASCII" => r"\x00-\x7F",
        "Alpha" => "A-Za-z",
        "Digit" => "0-9",
        "Alnum" => "0-9A-Za-z",
        "Punct" => r"!-/:-@\[-`{-\x7E",
        "Graph" => "!-\x7E",
        "Print" => " -\x7E",
        "Blank" => r"\x20\t",
        "Cntrl" => r"\x00-\x1F\x7F",
        "XDigit" => "0-9a-fA-F",
        "Space" => r"\t\n\x0B\f\r\x20",
        _ => return None,
    })
}

/// The name of a property as Rust has it: Java's `IsLatin`, `L`, `javaLowerCase`, `script=Greek`.
pub fn property(name: &str) -> Option<&str> {
    match name {
        "javaLowerCase" => Some("Lowercase"),
        "javaUpperCase" => Some("Uppercase"),
        "javaWhitespace" => Some("White_Space"),
        "javaAlphabetic" => Some("Alphabetic"),
        "javaLetter" => Some("L"),
        "javaDigit" => Some("Nd"),
        _ if name.starts_with("In") || name.starts_with("java") => None,
        _ => Some(name.strip_prefix("Is").unwrap_or(name)),
    }
}

/// What ends a line.
pub const LINE_ENDS: &str = r"\n\r\u0085\u2028\u2029";

/// What `\R` matches.
pub const LINE_BREAK: &str = r"(?:\r\n|[\n\x0B\f\r\u0085\u2028\u2029])";

/// `$` and `^` of lines; `\r\n` is one end.
pub const LINE_END: &str = r"(?:(?<!\r)(?=\n)|(?=[\r\u0085\u2028\u2029])|\z)";
pub const LINE_START: &str = r"(?:\A|(?:(?<=[\n\u0085\u2028\u2029])|(?<=\r)(?!\n))(?!\z))";
