//! Tiles of AMX: registers of sixteen rows of sixteen words.

use std::arch::asm;
use std::mem::offset_of;
use std::sync::OnceLock;

use crate::grid::{Dots, Grid, LINES, SIDE};

/// Whether the processor has tiles of bf16 and of bytes, and the system lets this process use them.
pub(crate) fn is_available() -> bool {
    static AVAILABLE: OnceLock<bool> = OnceLock::new();
    *AVAILABLE.get_or_init(|| has_tiles() && is_permitted())
}

fn has_tiles() -> bool {
    use std::arch::x86_64::{__cpuid, __cpuid_count};
    const BF16: u32 = 1 << 22;
    const TILES: u32 = 1 << 24;
    const BYTES: u32 = 1 << 25;
    let all = BF16 | TILES | BYTES;
    __cpuid(0).eax >= 7 && __cpuid_count(7, 0).edx & all == all
}

/// Linux lets processes use tiles that ask for them.
#[cfg(all(target_os = "linux", not(miri)))]
fn is_permitted() -> bool {
    const ARCH_REQ_XCOMP_PERM: libc::c_long = 0x1023;
    const XFEATURE_XTILEDATA: libc::c_long = 18;
    // SAFETY: the call reads and writes no memory of this process.
    unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0 }
}

#[cfg(not(all(target_os = "linux", not(miri))))]
fn is_permitted() -> bool {
    false
}

/// What `ldtilecfg` reads (Intel SDM 2A): of each register the rows, and the bytes of a row.
#[repr(C, align(64))]
struct Shapes {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    bytes: [u16; 16],
    rows: [u8; 16],
}

impl Shapes {
    /// Sums in 0 to 3, the left operand in 4 and 5, the right in 6 and 7; even ones of the upper rows.
    fn new(upper: usize, lower: usize) -> Self {
        let (mut bytes, mut rows) = ([0; 16], [0; 16]);
        for (register, height) in [upper, lower, upper, lower, upper, lower, SIDE, SIDE].into_iter().enumerate() {
            (bytes[register], rows[register]) = if height > 0 { (4 * SIDE as u16, height as u8) } else { (0, 0) };
        }
        Shapes { palette: 1, start_row: 0, reserved: [0; 14], bytes, rows }
    }
}

macro_rules! with {
    ($line:expr) => {
        $line
    };
}
macro_rules! without {
    ($line:expr) => {
        concat!("# ", $line)
    };
}

/// A tile of the left side, from `x` on: the upper one in 4, the lower one in 5.
macro_rules! upper {
    ($from:literal) => {
        concat!("lea {w}, [{x}", $from, "]\ntileloadd tmm4, [{w} + {z}]\n")
    };
}
macro_rules! lower {
    ($lower:ident) => {
        concat!($lower!("add {w}, {lower}\n"), $lower!("tileloadd tmm5, [{w} + {z}]\n"))
    };
}

/// A tile of the right side, from `y` on: the left one in 6, the right one in 7.
macro_rules! left {
    ($from:literal) => {
        concat!("lea {w}, [{y}", $from, "]\ntileloadd tmm6, [{w} + {z}]\n")
    };
}
macro_rules! right {
    ($right:ident) => {
        concat!($right!("add {w}, {right}\n"), $right!("tileloadd tmm7, [{w} + {z}]\n"))
    };
}

/// Products of tiles: a quarter each.
macro_rules! upper_left {
    ($dot:literal) => {
        concat!($dot, " tmm0, tmm4, tmm6\n")
    };
}
macro_rules! lower_left {
    ($dot:literal, $lower:ident) => {
        $lower!(concat!($dot, " tmm1, tmm5, tmm6\n"))
    };
}
macro_rules! upper_right {
    ($dot:literal, $right:ident) => {
        $right!(concat!($dot, " tmm2, tmm4, tmm7\n"))
    };
}
macro_rules! lower_right {
    ($dot:literal, $lower:ident, $right:ident) => {
        $right!($lower!(concat!($dot, " tmm3, tmm5, tmm7\n")))
    };
}

/// Calls for [`LINES`] lines.
macro_rules! ahead {
    () => {
        concat!(
            "prefetcht1 [{next}]\nprefetcht1 [{next} + 64]\nprefetcht1 [{next} + 128]\n",
            "add {next}, [{grid} + {next_step}]\n"
        )
    };
}

/// Four products of tiles, or those of them that there are, of new tiles on both sides, each loaded as late as can be: a
/// register is not loaded before what multiplies by it is done.
macro_rules! both {
    ($dot:literal, $lower:ident, $right:ident, $from:literal) => {
        concat!(
            left!(""),
            upper!($from),
            upper_left!($dot),
            lower!($lower),
            lower_left!($dot, $lower),
            "mov {w}, {y}\n",
            right!($right),
            upper_right!($dot, $right),
            lower_right!($dot, $lower, $right),
            ahead!()
        )
    };
}

/// The same of new tiles on the left side alone.
macro_rules! new_left {
    ($dot:literal, $lower:ident, $right:ident, $from:literal) => {
        concat!(
            upper!($from),
            upper_left!($dot),
            upper_right!($dot, $right),
            lower!($lower),
            lower_left!($dot, $lower),
            lower_right!($dot, $lower, $right),
            ahead!()
        )
    };
}

/// The same of new tiles on the right side alone.
macro_rules! new_right {
    ($dot:literal, $lower:ident, $right:ident, $from:literal) => {
        concat!(
            left!($from),
            upper_left!($dot),
            lower_left!($dot, $lower),
            right!($right),
            upper_right!($dot, $right),
            lower_right!($dot, $lower, $right),
            ahead!()
        )
    };
}

/// One step of the depth. In thirds, the terms in an order in which one side stays.
macro_rules! step {
    (thirds, $lower:ident, $right:ident) => {
        concat!(
            both!("tdpbf16ps", $lower, $right, " + 2*{a_part}"),
            new_left!("tdpbf16ps", $lower, $right, " + {a_part}"),
            new_right!("tdpbf16ps", $lower, $right, " + {b_part}"),
            new_left!("tdpbf16ps", $lower, $right, ""),
            new_right!("tdpbf16ps", $lower, $right, ""),
            new_right!("tdpbf16ps", $lower, $right, " + 2*{b_part}"),
        )
    };
    ($dot:literal, $lower:ident, $right:ident) => {
        both!($dot, $lower, $right, "")
    };
}

const _: () = assert!(LINES == 3, "as in ahead!");

/// One piece of assembly, since tiles are no values that could be handed on. `$lower` and `$right` say whether there are
/// lower and right tiles.
macro_rules! multiply {
    ($step:tt, $lower:ident, $right:ident, $shapes:expr, $grid:expr) => {
        asm!(
            "ldtilecfg [{shapes}]",
            "mov {next}, [{grid} + {ahead}]",
            "2:",
            "mov {x}, [{grid} + {start}]",
            "mov {y}, [{grid} + {start_lower}]",
            "mov {z}, [{grid} + {start_row}]",
            "tileloadd tmm0, [{x} + {z}]",
            $lower!("lea {w}, [{x} + {y}]"),
            $lower!("tileloadd tmm1, [{w} + {z}]"),
            $right!("add {x}, [{grid} + {start_right}]"),
            $right!("tileloadd tmm2, [{x} + {z}]"),
            $right!($lower!("lea {w}, [{x} + {y}]")),
            $right!($lower!("tileloadd tmm3, [{w} + {z}]")),
            "mov {x}, [{grid} + {a}]",
            "mov {y}, [{grid} + {b}]",
            "mov {z}, 64",
            "mov {lower}, 1024",
            "mov {right}, [{grid} + {b_right}]",
            "mov {a_part}, [{grid} + {a_next}]",
            "mov {b_part}, [{grid} + {b_next}]",
            "mov {steps}, [{grid} + {depth}]",
            "3:",
            step!($step, $lower, $right),
            "add {x}, [{grid} + {a_step}]",
            "add {y}, [{grid} + {b_step}]",
            "dec {steps}",
            "jnz 3b",
            "mov {x}, [{grid} + {c}]",
            "tilestored [{x} + {z}], tmm0",
            $lower!("lea {w}, [{x} + {lower}]"),
            $lower!("tilestored [{w} + {z}], tmm1"),
            $right!("add {x}, [{grid} + {c_right}]"),
            $right!("tilestored [{x} + {z}], tmm2"),
            $right!($lower!("lea {w}, [{x} + {lower}]")),
            $right!($lower!("tilestored [{w} + {z}], tmm3")),
            "mov {w}, [{grid} + {start_lower}]",
            "add {w}, {w}",
            "add [{grid} + {start}], {w}",
            "lea {w}, [{lower} + {lower}]",
            "add [{grid} + {a}], {w}",
            "add [{grid} + {c}], {w}",
            "dec qword ptr [{grid} + {count}]",
            "jnz 2b",
            "tilerelease",
            shapes = in(reg) $shapes,
            grid = in(reg) $grid,
            x = out(reg) _, y = out(reg) _, z = out(reg) _, w = out(reg) _,
            lower = out(reg) _, right = out(reg) _, a_part = out(reg) _, b_part = out(reg) _,
            steps = out(reg) _, next = out(reg) _,
            start = const offset_of!(Grid, start),
            start_row = const offset_of!(Grid, start_row),
            start_lower = const offset_of!(Grid, start_lower),
            start_right = const offset_of!(Grid, start_right),
            a = const offset_of!(Grid, a),
            a_step = const offset_of!(Grid, a_step),
            a_next = const offset_of!(Grid, a_part),
            b = const offset_of!(Grid, b),
            b_step = const offset_of!(Grid, b_step),
            b_right = const offset_of!(Grid, b_right),
            b_next = const offset_of!(Grid, b_part),
            next_step = const offset_of!(Grid, next_step),
            ahead = const offset_of!(Grid, next),
            c = const offset_of!(Grid, c),
            c_right = const offset_of!(Grid, c_right),
            count = const offset_of!(Grid, count),
            depth = const offset_of!(Grid, steps),
            out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
            out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
            options(nostack),
        )
    };
}

/// By the tiles that there are.
macro_rules! multiply_all {
    ($step:tt, $shapes:expr, $grid:expr) => {
        match ((*$grid).rows > SIDE, (*$grid).columns > SIDE) {
            (false, false) => multiply!($step, without, without, $shapes, $grid),
            (false, true) => multiply!($step, without, with, $shapes, $grid),
            (true, false) => multiply!($step, with, without, $shapes, $grid),
            (true, true) => multiply!($step, with, with, $shapes, $grid),
        }
    };
}

/// # Safety
/// Tiles are available, and `grid` is of memory that is valid for what it says.
pub(crate) unsafe fn multiply(dots: Dots, mut grid: Grid) {
    let shapes = Shapes::new(grid.rows.min(SIDE), grid.rows.saturating_sub(SIDE));
    let (shapes, grid): (*const Shapes, *mut Grid) = (&shapes, &mut grid);
    // SAFETY: the caller's promise; `shapes` and `grid` live on.
    unsafe {
        match dots {
            Dots::Pairs => multiply_all!("tdpbf16ps", shapes, grid),
            Dots::Bytes => multiply_all!("tdpbusd", shapes, grid),
            Dots::Thirds => multiply_all!(thirds, shapes, grid),
        }
    }
}
