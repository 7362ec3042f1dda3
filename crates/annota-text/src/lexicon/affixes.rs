//! Parts of words that keep their hyphen, and units that stand behind numbers.

use std::sync::LazyLock;

/// Before a hyphen: not words of their own (`re-election`, `e-mail`).
const PREFIXES: &str = "a aero afro agro ambi amphi ante anti apo arch astro auto be bi bio circum cis co contra counter cross \
    cyber de demi dis e eco electro en ethno euro ex extra fore geo hemi hetero homo hyper hypo infra inter intra intro \
    macro mal maxi mega meta micro mid mini mis mono multi neo non omni over pan para per peri philo poly post pre preter \
    pro proto pseudo psycho quasi re retro semi socio step sub super supra sur syn techno tele trans tri turbo u ultra \
    un uni ur vice xeno";

/// Behind a hyphen (`clock-wise`).
const SUFFIXES: &str = "able ably ahol aholic ation centric cracy crat dom er ery esque ess est fest fold \
    gate gon hood ian ibility ible ical ies ish ism ist itis ities ity ize less let logist logy ly meter \
    metry ment monger most ness nik ography ology rama scape ship speak ster ville ward wards \
    wise y zilla";

/// Whether a part before a hyphen is no word of its own.
pub fn is_prefix(part: &str) -> bool {
    static LIST: LazyLock<Vec<&str>> = LazyLock::new(|| sorted(PREFIXES));
    is_listed(&LIST, part)
}

/// Whether a part behind a hyphen is none.
pub fn is_suffix(part: &str) -> bool {
    static LIST: LazyLock<Vec<&str>> = LazyLock::new(|| sorted(SUFFIXES));
    is_listed(&LIST, part)
}

/// Units that are written behind their number without a blank, and are tokens.
const UNITS: &str = "am pm b bn c cc cm db f ft g gb ghz gm h hr hrs hz in k kb kg khz km kmh kph kw kwh l lb lbs m mb mg mhz mi min \
    mins ml mm mo mph ms mw mwh nm oz p pp ppm psi pt sec secs sq t tb tn v w yd yr yrs";

/// Whether letters behind a number are a unit. Those of ordinals and decades are none.
pub fn is_unit(letters: &str) -> bool {
    static LIST: LazyLock<Vec<&str>> = LazyLock::new(|| sorted(UNITS));
    is_listed(&LIST, letters)
}

fn sorted(list: &'static str) -> Vec<&'static str> {
    let mut words: Vec<&str> = list.split_whitespace().collect();
    words.sort_unstable();
    words
}

/// Whether a list of small letters has a part, ASCII case ignored.
fn is_listed(list: &[&str], part: &str) -> bool {
    let small = || part.bytes().map(|byte| byte.to_ascii_lowercase());
    list.binary_search_by(|known| known.bytes().cmp(small())).is_ok()
}
