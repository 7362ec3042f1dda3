//! From Java's dialect to Rust's.

use super::class;

/// What a pattern became, and where each part of it comes from.
pub struct Translated {
    pub text: String,
    /// Pairs of a byte of `text` and the character of the pattern that it stands for.
    places: Vec<(usize, usize)>,
}

impl Translated {
    /// The character of the pattern that a byte of the translation stands for.
    pub fn place_of(&self, byte: usize) -> usize {
        let after = self.places.partition_point(|(at, _)| *at <= byte);
        self.places.get(after.saturating_sub(1)).map_or(0, |(_, place)| *place)
    }
}

/// What is wrong with a pattern, and at which character.
pub struct Fault {
    pub place: usize,
    pub reason: String,
}

pub fn translate(java: &str) -> Result<Translated, Fault> {
    let mut translator = Translator {
        java: java.chars().collect(),
        at: 0,
        text: String::with_capacity(java.len()),
        places: Vec::new(),
        groups: Vec::new(),
        multi_line: false,
        dot_all: false,
    };
    translator.pattern()?;
    Ok(Translated { text: translator.text, places: translator.places })
}

struct Translator {
    java: Vec<char>,
    at: usize,
    text: String,
    places: Vec<(usize, usize)>,
    /// Where groups that are open began.
    groups: Vec<usize>,
    multi_line: bool,
    dot_all: bool,
}

impl Translator {
    fn pattern(&mut self) -> Result<(), Fault> {
        while let Some(character) = self.take() {
            self.places.push((self.text.len(), self.at - 1));
            match character {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.open()?,
                ')' if self.groups.pop().is_none() => return self.fault(self.at - 1, "unmatched `)`"),
                '.' if !self.dot_all => self.push(&format!("[^{}]", class::LINE_ENDS)),
                '$' if self.multi_line => self.push(class::LINE_END),
                '^' if self.multi_line => self.push(class::LINE_START),
                '$' => self.push(&end_of_text()),
                '*' | '+' | '?' | '{' if self.at == 1 => return self.fault(0, "nothing to repeat"),
                '{' => self.repeat()?,
                other => self.text.push(other),
            }
        }
        match self.groups.pop() {
            Some(place) => self.fault(place, "`(` is not closed"),
            None => Ok(()),
        }
    }

    fn take(&mut self) -> Option<char> {
        let character = self.java.get(self.at).copied();
        self.at += usize::from(character.is_some());
        character
    }

    fn peek(&self) -> Option<char> {
        self.java.get(self.at).copied()
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn fault<T>(&self, place: usize, reason: &str) -> Result<T, Fault> {
        Err(Fault { place, reason: reason.to_owned() })
    }

    /// `{n}`, `{n,}` and `{n,m}`, from behind the brace.
    fn repeat(&mut self) -> Result<(), Fault> {
        let start = self.at - 1;
        let inside: String = self.java[self.at..].iter().take_while(|c| **c != '}').collect();
        let (least, most) = inside.split_once(',').unwrap_or((&inside, &inside));
        let (least, most) = (least.parse::<u32>(), if most.is_empty() { Ok(u32::MAX) } else { most.parse::<u32>() });
        self.at += inside.chars().count();
        match (least, most, self.take()) {
            (Ok(least), Ok(most), Some(_)) if least <= most => {
                self.push(&format!("{{{inside}}}"));
                Ok(())
            }
            (Ok(_), Ok(_), Some(_)) => self.fault(start, "a repeat from more to less"),
            _ => self.fault(start, "`{` that begins no repeat, as `{2,3}` is one"),
        }
    }

    /// `(`, and flags: those that change what `.`, `^` and `$` mean, those that say what holds here anyway, and one
    /// without a counterpart.
    fn open(&mut self) -> Result<(), Fault> {
        self.groups.push(self.at - 1);
        self.text.push('(');
        if self.peek() != Some('?') {
            return Ok(());
        }
        let flags = self.java[self.at + 1..].iter().take_while(|c| c.is_ascii_alphabetic() || **c == '-');
        let flags: String = flags.collect();
        let end = self.at + 1 + flags.len();
        if flags.is_empty() || !matches!(self.java.get(end), Some(')' | ':')) {
            return Ok(());
        }
        if flags.contains('U') {
            return self.fault(self.at, "flag `U` has no counterpart");
        }
        let set = flags.split('-').next().unwrap_or_default();
        self.dot_all |= set.contains('s');
        self.multi_line |= set.contains('m');
        let kept: String = flags.chars().filter(|flag| !matches!(flag, 'd' | 'u' | 'm')).collect();
        let kept = kept.trim_end_matches('-');
        self.push(&format!("?{kept}"));
        if kept.is_empty() && self.java[end] == ')' {
            self.text.push(':');
        }
        self.at = end;
        Ok(())
    }

    /// An escape outside classes.
    fn escape(&mut self) -> Result<(), Fault> {
        let start = self.at - 1;
        let Some(letter) = self.take() else { return self.fault(start, "`\\` with nothing behind it") };
        if let Some(inside) = class::of_escape(letter) {
            let not = if letter.is_ascii_uppercase() { "^" } else { "" };
            self.push(&format!("[{not}{inside}]"));
            return Ok(());
        }
        match letter {
            'R' => self.push(class::LINE_BREAK),
            'Z' => self.push(&end_of_text()),
            'Q' => self.quoted(),
            'E' => {}
            'p' | 'P' => {
                let property = self.property(letter == 'P')?;
                self.push(&property);
            }
            'b' | 'B' | 'A' | 'z' | 'G' | 'k' => {
                self.text.push('\\');
                self.text.push(letter);
            }
            '1'..='9' => {
                self.text.push('\\');
                self.text.push(letter);
            }
            _ => {
                let character = self.character(letter, start)?;
                self.push_literal(character);
            }
        }
        Ok(())
    }

    /// The character that an escape stands for.
    fn character(&mut self, letter: char, start: usize) -> Result<char, Fault> {
        let code = match letter {
            't' => return Ok('\t'),
            'n' => return Ok('\n'),
            'r' => return Ok('\r'),
            'f' => return Ok('\x0c'),
            'a' => return Ok('\x07'),
            'e' => return Ok('\x1b'),
            '0' => self.number(8, 3),
            'x' if self.peek() == Some('{') => self.braced(),
            'x' => self.exactly(2),
            'u' => self.utf16_unit(),
            'c' => self.take().map(|control| u32::from(control) ^ 64),
            other if other.is_ascii_alphanumeric() => {
                return self.fault(start, &format!("`\\{other}` is no escape"));
            }
            other => return Ok(other),
        };
        let character = code.and_then(char::from_u32);
        character.map_or_else(|| self.fault(start, "an escape that is no character"), Ok)
    }

    /// Up to `most` digits.
    fn number(&mut self, radix: u32, most: usize) -> Option<u32> {
        let digits: String = self.java[self.at..].iter().take(most).take_while(|c| c.is_digit(radix)).collect();
        self.at += digits.len();
        u32::from_str_radix(&digits, radix).ok()
    }

    fn exactly(&mut self, digits: usize) -> Option<u32> {
        let before = self.at;
        self.number(16, digits).filter(|_| self.at == before + digits)
    }

    fn braced(&mut self) -> Option<u32> {
        self.at += 1;
        let code = self.number(16, 6);
        code.filter(|_| self.take() == Some('}'))
    }

    /// `\u` and four digits, with the second half of a pair.
    fn utf16_unit(&mut self) -> Option<u32> {
        let high = self.exactly(4)?;
        if !(0xd800..0xdc00).contains(&high) {
            return Some(high);
        }
        let pair = self.take() == Some('\\') && self.take() == Some('u');
        let low = self.exactly(4).filter(|low| pair && (0xdc00..0xe000).contains(low))?;
        Some(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))
    }

    /// `\Q…\E`: all characters as they are.
    fn quoted(&mut self) {
        while let Some(character) = self.take() {
            if character == '\\' && self.peek() == Some('E') {
                self.at += 1;
                return;
            }
            self.push_literal(character);
        }
    }

    fn push_literal(&mut self, character: char) {
        if character.is_ascii_punctuation() {
            self.text.push('\\');
        }
        self.text.push(character);
    }

    /// What follows `\p`, as a class of its own.
    fn property(&mut self, negated: bool) -> Result<String, Fault> {
        let start = self.at - 2;
        let name: String = match self.take() {
            Some('{') => {
                let name: String = self.java[self.at..].iter().take_while(|c| **c != '}').collect();
                self.at += name.chars().count();
                if self.take().is_none() {
                    return self.fault(start, "`{` is not closed");
                }
                name
            }
            Some(letter) => letter.to_string(),
            None => return self.fault(start, "`\\p` without a property"),
        };
        let (name, negated) = match name.strip_prefix('^') {
            Some(rest) => (rest.to_owned(), !negated),
            None => (name, negated),
        };
        let not = if negated { "^" } else { "" };
        if let Some(inside) = class::of_posix(&name) {
            return Ok(format!("[{not}{inside}]"));
        }
        let known = class::property(&name).filter(|name| {
            let letter = if name.len() == 1 { format!(r"\p{name}") } else { format!(r"\p{{{name}}}") };
            regex::Regex::new(&letter).is_ok()
        });
        match known {
            Some(name) => Ok(format!("[{not}\\p{{{name}}}]")),
            None => self.fault(start, &format!("property `{name}` is not known")),
        }
    }

    /// A class, from behind its `[`.
    fn class(&mut self) -> Result<(), Fault> {
        let start = self.at - 1;
        self.text.push('[');
        if self.peek() == Some('^') {
            self.at += 1;
            self.text.push('^');
        }
        let mut is_first = true;
        // The character before, with which a range may begin.
        let mut single = None;
        while let Some(character) = self.take() {
            self.places.push((self.text.len(), self.at - 1));
            match character {
                ']' if !is_first => {
                    self.text.push(']');
                    return Ok(());
                }
                '[' => {
                    self.class()?;
                    single = None;
                }
                '&' if self.peek() == Some('&') => {
                    self.at += 1;
                    self.push("&&");
                    single = None;
                }
                '-' if self.range_follows()
                    && let Some(from) = single =>
                {
                    self.text.push('-');
                    self.range_end(from)?;
                    single = None;
                }
                '\\' => single = self.class_escape()?,
                other => {
                    self.push_literal(other);
                    single = Some(other);
                }
            }
            is_first = false;
        }
        self.fault(start, "`[` is not closed")
    }

    /// Whether what follows a `-` can end a range.
    fn range_follows(&self) -> bool {
        match (self.peek(), self.java.get(self.at + 1)) {
            (None | Some(']' | '['), _) => false,
            (Some('\\'), Some(letter)) => class::of_escape(*letter).is_none() && !matches!(letter, 'p' | 'P'),
            (Some('&'), Some('&')) => false,
            _ => true,
        }
    }

    fn range_end(&mut self, from: char) -> Result<(), Fault> {
        let start = self.at;
        let end = match self.take() {
            Some('\\') => {
                let letter = self.take();
                let Some(letter) = letter else { return self.fault(start, "`\\` with nothing behind it") };
                self.character(letter, start)?
            }
            Some(character) => character,
            None => return self.fault(start, "a range without an end"),
        };
        if end < from {
            return self.fault(start, "a range from more to less");
        }
        self.push_literal(end);
        Ok(())
    }

    /// An escape in a class; the character, if it is one.
    fn class_escape(&mut self) -> Result<Option<char>, Fault> {
        let start = self.at - 1;
        let Some(letter) = self.take() else { return self.fault(start, "`\\` with nothing behind it") };
        if let Some(inside) = class::of_escape(letter) {
            let text = if letter.is_ascii_uppercase() { format!("[^{inside}]") } else { inside.to_owned() };
            self.push(&text);
            return Ok(None);
        }
        match letter {
            'p' | 'P' => {
                let property = self.property(letter == 'P')?;
                self.push(&property);
                Ok(None)
            }
            'Q' => {
                self.quoted();
                Ok(None)
            }
            'E' => Ok(None),
            _ => {
                let character = self.character(letter, start)?;
                self.push_literal(character);
                Ok(Some(character))
            }
        }
    }
}

/// `$` and `\Z`: the end of the text, or before its last line end.
fn end_of_text() -> String {
    format!(r"(?=(?:{})?\z)", class::LINE_BREAK)
}
