//! Spark NLP's tokenizer: words between white space, cut by rules.

use std::collections::HashSet;
use std::ops::Range;

use super::exceptions::Exceptions;
use super::splits::{Splits, character};
use super::{Tokenizer, TokenizerSettings};
use crate::span::is_java_space;
use crate::{Pattern, SettingError, Span, StepLimit};

#[derive(Debug, Clone)]
pub struct Rules {
    /// What words are broken at; ASCII white space where there is none.
    breaks: Option<Pattern>,
    context: Context,
    /// A pattern for each infix; none where the context characters do all.
    patterns: Vec<Pattern>,
}

/// The characters that are taken off a word's ends.
#[derive(Debug, Clone)]
enum Context {
    Default,
    Own(Vec<char>),
}

impl Context {
    fn holds(&self, character: char) -> bool {
        match self {
            Context::Default => Tokenizer::CONTEXT.contains(character),
            Context::Own(own) => own.contains(&character),
        }
    }

    /// The inside of a character class.
    fn class(&self) -> String {
        let characters: String = match self {
            Context::Default => Tokenizer::CONTEXT.to_owned(),
            Context::Own(own) => own.iter().collect(),
        };
        characters.chars().map(|c| if c.is_ascii_punctuation() { format!("\\{c}") } else { c.to_string() }).collect()
    }
}

impl Rules {
    pub fn new(settings: &TokenizerSettings) -> Result<Self, SettingError> {
        let breaks = settings.target_pattern.as_ref().filter(|target| *target != "\\S+");
        let breaks = breaks.map(|target| Pattern::within("target_pattern", target, "[^(?:", ")]"));
        let context = match &settings.context_chars {
            None => Context::Default,
            Some(own) => {
                let own = own.iter().map(|text| character("context_chars", text));
                Context::Own(own.collect::<Result<_, _>>()?)
            }
        };
        let patterns = patterns(settings, &context.class())?;
        Ok(Rules { breaks: breaks.transpose()?, context, patterns })
    }

    /// The tokens of a sentence, in order.
    pub fn tokens(
        &self,
        sentence: &str,
        exceptions: Option<&Exceptions>,
        splits: &Splits,
    ) -> Result<Vec<Span>, StepLimit> {
        let exceptions = exceptions.map(|exceptions| exceptions.places(sentence)).transpose()?.unwrap_or_default();
        let breaks = self.breaks(sentence, &exceptions)?;
        // An exception within one word is that word only.
        let whole: HashSet<&str> = exceptions
            .iter()
            .filter(|place| !breaks.spanned.contains(&place.start))
            .map(|place| &sentence[(*place).clone()])
            .collect();
        let mut tokens = Vec::new();
        let mut spanned = breaks.spanned.iter().peekable();
        for word in breaks.words {
            let mut is_exception = whole.contains(&sentence[word.range()]);
            while spanned.next_if(|start| **start < word.end).is_some() {
                is_exception = true;
            }
            if is_exception {
                tokens.push(word);
            } else {
                self.cut(sentence, word, splits, &mut tokens)?;
            }
        }
        Ok(tokens)
    }

    /// The words of a sentence. Breaks within exceptions do not count.
    fn breaks(&self, sentence: &str, exceptions: &[Range<usize>]) -> Result<Breaks, StepLimit> {
        let mut breaks = Breaks::default();
        let mut exceptions = exceptions.iter().peekable();
        let mut start = 0;
        let mut at_break = |place: Range<usize>| {
            while exceptions.next_if(|exception| exception.end <= place.start).is_some() {}
            match exceptions.peek() {
                Some(exception) if exception.start <= place.start => {
                    if breaks.spanned.last() != Some(&exception.start) {
                        breaks.spanned.push(exception.start);
                    }
                }
                _ => {
                    if start < place.start {
                        breaks.words.push(Span::new(start, place.start));
                    }
                    start = place.end;
                }
            }
        };
        match &self.breaks {
            Some(pattern) => pattern.each_match(sentence, at_break)?,
            None => {
                let bytes = sentence.bytes().enumerate().filter(|(_, byte)| is_java_space(*byte));
                bytes.for_each(|(place, _)| at_break(place..place + 1));
            }
        }
        if start < sentence.len() {
            breaks.words.push(Span::new(start, sentence.len()));
        }
        Ok(breaks)
    }

    fn cut(&self, sentence: &str, word: Span, splits: &Splits, tokens: &mut Vec<Span>) -> Result<(), StepLimit> {
        let parts = if self.patterns.is_empty() {
            self.ends(sentence, word).map(Vec::from)
        } else {
            let placed = |group: Range<usize>| Span::new(word.start + group.start, word.start + group.end);
            self.groups(&sentence[word.range()])?.map(|groups| groups.into_iter().map(placed).collect())
        };
        let Some(parts) = parts else {
            // A word that no rule matches is a token.
            tokens.push(word);
            return Ok(());
        };
        parts.into_iter().filter(|part| !part.is_empty()).try_for_each(|part| splits.cut(sentence, part, tokens))
    }

    /// The context characters before and behind a word, and what is between; `None` where it has no other.
    fn ends(&self, sentence: &str, word: Span) -> Option<[Span; 3]> {
        let inner = |character: char| !self.context.holds(character);
        let text = &sentence[word.range()];
        let first = text.find(inner)?;
        let last = text.trim_end_matches(|character| !inner(character)).len();
        let part = |start, end| Span::new(word.start + start, word.start + end);
        Some([part(0, first), part(first, last), part(last, text.len())])
    }

    /// The groups of the first rule that matches. Of groups within each other the outer counts.
    fn groups(&self, word: &str) -> Result<Option<Vec<Range<usize>>>, StepLimit> {
        for pattern in &self.patterns {
            let Some(groups) = pattern.groups(word)? else { continue };
            let mut found: Vec<Range<usize>> = Vec::new();
            for group in groups.into_iter().skip(1).flatten() {
                if found.last().is_none_or(|last| last.end <= group.start) {
                    found.push(group);
                }
            }
            return Ok(Some(found));
        }
        Ok(None)
    }
}

/// The words of a sentence, and where exceptions begin that hold a break.
#[derive(Debug, Default)]
struct Breaks {
    words: Vec<Span>,
    spanned: Vec<usize>,
}

/// A rule for each infix: prefix, infix, suffix. None where nothing but context characters is set.
fn patterns(settings: &TokenizerSettings, context: &str) -> Result<Vec<Pattern>, SettingError> {
    let TokenizerSettings { prefix_pattern, suffix_pattern, infix_patterns, .. } = settings;
    if prefix_pattern.is_none() && suffix_pattern.is_none() && infix_patterns.is_empty() {
        return Ok(Vec::new());
    }
    // A class without characters is none.
    let (any, other) = match context {
        "" => ("()".to_owned(), ".".to_owned()),
        _ => (format!("([{context}]*)"), format!("[^{context}]")),
    };
    let prefix = prefix_pattern.clone().unwrap_or_else(|| format!(r"\A{any}"));
    let suffix = suffix_pattern.clone().unwrap_or_else(|| format!(r"{any}\z"));
    if !prefix.starts_with(r"\A") {
        return Err(SettingError::new("prefix_pattern", prefix, r"a pattern that begins with `\A`"));
    }
    if !suffix.ends_with(r"\z") {
        return Err(SettingError::new("suffix_pattern", suffix, r"a pattern that ends with `\z`"));
    }
    for infix in infix_patterns {
        if !Pattern::java("infix_patterns", infix)?.has_groups() {
            return Err(SettingError::new("infix_patterns", infix, "patterns with a group"));
        }
    }
    let inner = [format!("({other}(?:.*{other})*)")];
    let infixes = if infix_patterns.is_empty() { &inner[..] } else { infix_patterns };
    Pattern::java("prefix_pattern", &prefix)?;
    Pattern::java("suffix_pattern", &suffix)?;
    let rules = infixes.iter().map(|infix| Pattern::within("infix_patterns", infix, &prefix, &suffix));
    rules.collect()
}
