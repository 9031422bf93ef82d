use crate::{Arguments, Example};

const ONE: i32 = 1 << 28;
const BLACK: u32 = 0xff00_0000;
const PALETTE: [u32; 16] = [
    0xff0f1e42, 0xff1a0719, 0xff2f0109, 0xff490404, 0xff640700, 0xff8a2c0c, 0xffb15218, 0xffd17d39, 0xffe5b586,
    0xfff8ecd3, 0xffbfe9f1, 0xff5fc9f8, 0xff00aaff, 0xff0080cc, 0xff005799, 0xff03346a,
];

/// How many steps the orbit of c stays in the disc, if it leaves it.
fn escape(cx: i32, cy: i32, max_iter: u32) -> Option<u32> {
    let product = |a: i32, b: i32| (((i64::from(a) * i64::from(b)) >> 32) as i32) << 4;
    let (mut x, mut y) = (0i32, 0i32);
    for i in 0..max_iter.min(65_536) {
        let (xx, yy) = (product(x, x), product(y, y));
        let far = x.wrapping_abs().max(y.wrapping_abs()) > 2 * ONE;
        if far || (xx as u32).wrapping_add(yy as u32) > 4 << 28 {
            return Some(i);
        }
        y = (product(x, y) << 1).wrapping_add(cy);
        x = xx.wrapping_sub(yy).wrapping_add(cx);
    }
    None
}

struct Picture {
    width: u32,
    height: u32,
    x0: i32,
    y0: i32,
    step: i32,
    max_iter: u32,
}

impl Picture {
    fn params(&self) -> Vec<u32> {
        vec![self.width, self.height, self.x0 as u32, self.y0 as u32, self.step as u32, self.max_iter]
    }

    fn pixel(&self, at: u32) -> u32 {
        let (column, row) = (at % self.width, at / self.width);
        if row >= self.height {
            return BLACK;
        }
        let along = |start: i32, steps: u32| start.wrapping_add((steps as i32).wrapping_mul(self.step));
        escape(along(self.x0, column), along(self.y0, row), self.max_iter).map_or(BLACK, |i| PALETTE[i as usize % 16])
    }

    fn example(&self, shows: &'static str, invocations: u32) -> Example {
        let output = (0..invocations).map(|at| self.pixel(at)).collect();
        Example { shows, arguments: Arguments { params: self.params(), inputs: vec![], invocations }, output }
    }
}

pub(crate) fn examples() -> Vec<Example> {
    let whole = Picture { width: 48, height: 32, x0: -ONE / 4 * 9, y0: -ONE / 8 * 9, step: ONE / 16, max_iter: 100 };
    // The valley between head and body: orbits of all lengths.
    let valley = Picture { width: 24, height: 16, x0: -ONE * 3 / 4, y0: ONE / 10, step: ONE >> 12, max_iter: 300 };
    vec![
        whole.example("the whole set, and black behind the last row", 48 * 32 + 1),
        valley.example("long orbits", 24 * 16),
        Picture { max_iter: 3, ..whole }.example("three steps", 48 * 32),
    ]
}

pub(crate) fn work() -> Arguments {
    let picture =
        Picture { width: 1024, height: 768, x0: -ONE / 4 * 9, y0: -ONE / 8 * 9, step: 3 * (ONE / 1024), max_iter: 200 };
    Arguments { params: picture.params(), inputs: vec![], invocations: picture.width * picture.height }
}
