//! The path tracer in plain Rust, with nested loops where the kernel has a single one.

use crate::arithmetic::{mulhi, mulhi_s};

type Vector = [i32; 3];

const NONE: u32 = u32::MAX;

fn map(a: Vector, b: Vector, f: impl Fn(i32, i32) -> i32) -> Vector {
    [f(a[0], b[0]), f(a[1], b[1]), f(a[2], b[2])]
}

/// Σ of the high words of the products.
fn along(a: Vector, b: Vector) -> i32 {
    map(a, b, mulhi_s).iter().sum()
}

/// Σ of the products themselves.
fn square(a: Vector) -> u32 {
    a.iter().map(|&a| (a * a) as u32).sum()
}

/// 2⁶³ / x, for x of 32 bits.
fn reciprocal(x: u32) -> u32 {
    let near = (u32::MAX / (x >> 16)) << 15;
    mulhi(near, mulhi(x, near).wrapping_neg()) << 1
}

/// 2⁴⁶ / √x, for x of 31 or 32 bits.
fn root(x: u32) -> i32 {
    let mut y = 2_319_282_340 - (x >> 2) - (x >> 4);
    for _ in 0..3 {
        // 3 − x·y², with 30 fractional bits.
        let correction = ((3 << 28) - mulhi(x, mulhi(y, y))) << 2;
        y = mulhi(y, correction) << 1;
    }
    y.min(i32::MAX as u32) as i32
}

/// The number of leading zeros, rounded down to an even number, and the number shifted left by it.
fn normalised(x: u32) -> (u32, u32) {
    let zeros = x.leading_zeros() & 30;
    (zeros, x << zeros)
}

fn unit(v: Vector) -> Vector {
    let (zeros, square) = normalised(square(v).max(1));
    v.map(|c| mulhi_s(c << (zeros / 2 + 15), root(square)) << 1)
}

struct Ray {
    origin: Vector,
    direction: Vector,
    inverse: Vector,
}

impl Ray {
    fn launch(origin: Vector, towards: Vector) -> Ray {
        let away_from_zero = |d: i32| match d {
            0..0x10_0000 => 0x10_0000,
            -0xf_ffff..0 => -0x10_0000,
            _ => d,
        };
        let direction = unit(towards).map(away_from_zero);
        let inverse = direction.map(|d| {
            let size = d.unsigned_abs();
            let zeros = size.leading_zeros();
            d.signum() * (reciprocal(size << zeros) >> (13 - zeros)) as i32
        });
        Ray { origin, direction, inverse }
    }

    fn at(&self, distance: i32) -> Vector {
        map(self.origin, self.direction, |o, d| o + (mulhi_s(d, distance) << 2))
    }

    fn enters(&self, node: &[u32], limit: i32) -> bool {
        let planes = |corner: &[u32]| map(map(vector(corner), self.origin, |c, o| c - o), self.inverse, mulhi_s);
        let (one, other) = (planes(node), planes(&node[4..]));
        let enter = map(one, other, i32::min).into_iter().fold(0, i32::max);
        let leave = map(one, other, i32::max).into_iter().fold(limit >> 12, i32::min);
        enter <= leave
    }

    /// The distance to a triangle, if it is hit nearer than `limit`.
    fn meets(&self, triangle: &[u32], limit: i32) -> Option<i32> {
        let form = |at: usize, of: Vector| along(vector(&triangle[at..]), of);
        let constant = |at: usize| triangle[at] as i32;
        let slope = -form(0, self.direction);
        let height = form(0, self.origin) - constant(3);
        if slope <= 0 || height <= 0 || height >= slope {
            return None;
        }
        let zeros = slope.leading_zeros();
        let distance = mulhi((height as u32) << (zeros - 1), reciprocal((slope as u32) << zeros)) as i32;
        let point = self.at(distance);
        let (u, v) = (form(4, point) + constant(7), form(8, point) + constant(11));
        let margin = 1024;
        let inside = u >= -margin && v >= -margin && u + v <= (1 << 22) + margin;
        (inside && distance < limit).then_some(distance)
    }
}

fn vector(words: &[u32]) -> Vector {
    [words[0] as i32, words[1] as i32, words[2] as i32]
}

/// A pixel that is being computed.
struct Pixel<'a> {
    nodes: &'a [u32],
    triangles: &'a [u32],
    params: &'a [u32],
    steps: u32,
    state: u32,
    begun: u32,
    sum: [u32; 3],
}

impl Pixel<'_> {
    fn step(&mut self) -> Option<()> {
        self.steps = self.steps.checked_sub(1)?;
        Some(())
    }

    /// PCG (O'Neill 2014), as Jarzynski and Olano (2020) use it.
    fn random(&mut self) -> u32 {
        self.state = self.state.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
        let word = ((self.state >> ((self.state >> 28) + 4)) ^ self.state).wrapping_mul(277_803_737);
        (word >> 22) ^ word
    }

    fn bell(&mut self) -> i32 {
        self.random().to_le_bytes().iter().map(|&byte| i32::from(byte)).sum::<i32>() - 510
    }

    /// All paths; `None` when the steps are used up.
    fn paths(&mut self, x: i32, y: i32) -> Option<()> {
        let of_params = |at: usize| vector(&self.params[at..]);
        let (eye, corner, right, down) = (of_params(4), of_params(7), of_params(10), of_params(13));
        loop {
            self.step()?;
            if self.begun == self.params[1] {
                return Some(());
            }
            self.begun += 1;
            let [jx, jy, ..] = self.random().to_le_bytes().map(i32::from);
            let pixel = map(right, down, |right, down| right * x + down * y);
            let within = map(right, down, |right, down| (right * jx + down * jy) >> 8);
            let towards = map(map(corner, pixel, |a, b| a + b), within, |a, b| (a + b) >> 8);
            self.path(eye, towards)?;
        }
    }

    fn path(&mut self, mut origin: Vector, mut towards: Vector) -> Option<()> {
        let mut passes = [1 << 16; 3];
        for depth in 1.. {
            self.step()?;
            let ray = Ray::launch(origin, towards);
            let (hit, distance) = self.nearest(&ray)?;
            self.step()?;
            let triangle = &self.triangles[16 * hit..][..16];
            let (surface, emission) = (triangle[12].to_le_bytes(), &triangle[13..]);
            for colour in 0..3 {
                self.sum[colour] += (passes[colour] * emission[colour]) >> 12;
                let reflected = u32::from(surface[colour]);
                passes[colour] = (passes[colour] * (reflected + (reflected >> 7))) >> 8;
            }
            if hit == 0 || depth == self.params[2] || passes == [0; 3] {
                break;
            }
            self.step()?;
            origin = ray.at(distance);
            towards = self.bounce(ray.direction, vector(triangle), surface[3] == 1);
        }
        Some(())
    }

    fn bounce(&mut self, direction: Vector, normal: Vector, is_mirror: bool) -> Vector {
        let random = [self.bell(), self.bell(), self.bell()];
        if is_mirror {
            let component = along(normal, direction);
            return map(direction, normal, |d, n| (d - (mulhi_s(n, component) << 5)) >> 16);
        }
        let (zeros, square) = normalised(square(random));
        let length = mulhi(square, root(square) as u32) >> (8 + zeros / 2);
        map(random, normal, |r, n| 16 * r + mulhi_s(n, length as i32))
    }

    /// The first triangle that a ray meets, or 0, and how far away it is.
    fn nearest(&mut self, ray: &Ray) -> Option<(usize, i32)> {
        let (mut hit, mut limit) = (0, i32::MAX);
        let mut at = 0;
        while at != NONE {
            self.step()?;
            let node = &self.nodes[8 * at as usize..][..8];
            let (skip, leaf) = (node[3], node[7]);
            let enters = ray.enters(node, limit);
            at = if enters && leaf == 0 { at + 1 } else { skip };
            let count = if enters { leaf & 0xff } else { 0 };
            for triangle in (leaf >> 8) as usize..((leaf >> 8) + count) as usize {
                self.step()?;
                if let Some(distance) = ray.meets(&self.triangles[16 * triangle..][..16], limit) {
                    (hit, limit) = (triangle, distance);
                }
            }
        }
        Some((hit, limit))
    }
}

/// The pixel of invocation `g`.
pub(super) fn pixel([nodes, triangles]: &[Vec<u32>; 2], params: &[u32], g: u32) -> u32 {
    let mut pixel = Pixel { nodes, triangles, params, steps: params[3], state: g, begun: 0, sum: [0; 3] };
    pixel.state = pixel.random();
    let _ = pixel.paths((g % params[0]) as i32, (g / params[0]) as i32);
    let colour = |sum: u32| {
        let mean = (sum / pixel.begun.max(1)).min(4095);
        (mean << 4).isqrt() as u8
    };
    let [red, green, blue] = pixel.sum.map(colour);
    u32::from_le_bytes([red, green, blue, 255])
}
