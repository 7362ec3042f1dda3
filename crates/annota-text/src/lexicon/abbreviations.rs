//! Words that are written with a dot.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

/// How a sentence goes on behind an abbreviation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Stands before a name.
    Title,
    /// Stands before a number or a letter; elsewhere it is a word.
    Reference,
    /// Never stands last.
    Within,
    /// Stands anywhere; a sentence may end with it.
    Anywhere,
    /// The same, and a number that follows belongs to it.
    Date,
    /// Ends a list; what follows with a capital is a new sentence.
    Last,
    /// Looks like one; what follows with a capital is a new sentence.
    Unknown,
}

/// Entries with a capital are words without it, and count only as they are written here.
const TITLES: &str = "mr mrs ms mssrs messrs mmes mx dr drs prof profs Rev Revs Hon Fr br st ste mt Gen Gens Maj Col Cols Lt \
    Lts Cpl Capt Cmdr Cdr Comdr Adm Sgt Sgts Pvt Pfc Spc Brig Sen Sens Rep Reps Gov Govs Pres Supt Det Insp Atty Amb \
    mlle mme msgr Sra Srta Ald Cllr Ens Sec Asst Dir Jud Mons Ft Wm Geo Chas Thos Robt Jos Jas";
const REFERENCES: &str = "no nos nr p pp pg pgs fig figs vol vols ch chap chaps sec secs sect sects art arts eq eqs ex exs \
    par para paras app ver bk pt pts ser tab ref refs cl n nn op cit stat cap sch tbl ill rm apt ext tel ph sc n° nº №";
const WITHIN: &str = "e.g i.e eg ie cf viz vs v.s i.a ca approx c/o w.r.t incl esp resp p.s et attn";
const ANYWHERE: &str = "inc corp co cos ltd llc plc bros jr sr esq al ave blvd rd hwy pkwy univ assn assoc bldg bldgs \
    dist div est fed gov't govt intl int'l nat'l mfg mgr natl phd hrs mins wk wks mo yr yrs lb lbs oz tsp tbsp abbr \
    adj adv conj prep Ala Ariz Ark Calif Colo Conn Del Fla Ga Ill Ind Kan Ky La Mass Md Mich Minn Miss Mo Mont Neb Nev \
    Okla Ore Pa Penn Tenn Tex Va Vt Wash Wis Wyo Ont Que Alta dept depts hr min max std temp qty acct avg misc mdse \
    mtg pkg req cont gmbh pty bhd sdn dev admin lit orig trans Ed Eds Dem Repub";
const DATES: &str = "Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Mon Tue Tues Wed Weds Thu Thur Thurs Fri Sat Sun \
    a.m p.m pm";
const LAST: &str = "etc";

static KINDS: LazyLock<FxHashMap<&'static [u8], Kind>> = LazyLock::new(|| {
    let lists = [
        (ANYWHERE, Kind::Anywhere),
        (REFERENCES, Kind::Reference),
        (TITLES, Kind::Title),
        (WITHIN, Kind::Within),
        (DATES, Kind::Date),
        (LAST, Kind::Last),
    ];
    lists
        .into_iter()
        .flat_map(|(list, kind)| list.split_whitespace().map(move |word| (word.as_bytes(), kind)))
        .collect()
});

/// Longer words than any in the lists are not looked up.
const LONGEST: usize = 12;

/// What a word before a dot is, if it is an abbreviation: by the lists, if they count, and by its looks.
pub fn kind(word: &str, lists: bool) -> Option<Kind> {
    if word.len() > LONGEST {
        return None;
    }
    if !lists {
        return guess(word);
    }
    let listed = listed(word).or_else(|| {
        let mut small = [0; LONGEST];
        let small = copied(word, &mut small);
        small.make_ascii_lowercase();
        // `IE` is not `i.e`.
        KINDS.get(&*small).copied().filter(|kind| *kind != Kind::Within || word.bytes().any(|b| b.is_ascii_lowercase()))
    });
    listed.or_else(|| shouted(word)).or_else(|| guess(word))
}

fn listed(word: &str) -> Option<Kind> {
    KINDS.get(word.as_bytes()).copied()
}

/// `CONN`: what is listed as `Conn`.
fn shouted(word: &str) -> Option<Kind> {
    if word.len() < 2 || !word.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let mut capitalised = [0; LONGEST];
    let capitalised = copied(word, &mut capitalised);
    capitalised[1..].make_ascii_lowercase();
    KINDS.get(&*capitalised).copied()
}

fn copied<'b>(word: &str, buffer: &'b mut [u8; LONGEST]) -> &'b mut [u8] {
    let copy = &mut buffer[..word.len()];
    copy.copy_from_slice(word.as_bytes());
    copy
}

/// `U.S`, `Ph.D`: letters with dots between them; and `bldg`: what has no vowel, as words have.
fn guess(word: &str) -> Option<Kind> {
    let bytes = word.as_bytes();
    let is_part = |part: &str| {
        let mut characters = part.chars();
        match (characters.next(), characters.next(), characters.next()) {
            (Some(only), None, _) => only.is_alphabetic(),
            (Some(first), Some(second), None) => first.is_uppercase() && second.is_lowercase(),
            _ => false,
        }
    };
    let has_no_vowel = !bytes.iter().any(|byte| b"aeiouyAEIOUY".contains(byte));
    if word.contains('.') && word.split('.').all(is_part) {
        Some(Kind::Anywhere)
    } else if bytes.len() > 1 && has_no_vowel && bytes[1..].iter().all(u8::is_ascii_lowercase) {
        Some(Kind::Unknown)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{ANYWHERE, DATES, KINDS, LAST, LONGEST, REFERENCES, TITLES, WITHIN};

    #[test]
    fn every_word_is_listed_once_and_can_be_found() {
        let lists = [TITLES, REFERENCES, WITHIN, ANYWHERE, DATES, LAST];
        let mut words: Vec<&str> = lists.iter().flat_map(|list| list.split_whitespace()).collect();
        assert_eq!(words.len(), KINDS.len(), "{:?}", {
            words.sort_unstable();
            words.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect::<Vec<_>>()
        });
        assert!(words.iter().all(|word| word.len() <= LONGEST));
    }
}
