mod scene;
mod tracer;

use crate::{bytes, Arguments, Example};
use scene::{Scene, Surface};

/// A box open to the viewer, red on the left, green on the right, a light below its ceiling, a white block and a
/// mirror: after the box of Goral, Torrance, Greenberg and Battaile (1984).
fn room() -> [Vec<u32>; 2] {
    let white = Surface::diffuse([190, 188, 180]);
    let red = Surface::diffuse([165, 22, 18]);
    let green = Surface::diffuse([40, 120, 28]);
    let light = Surface { emits: [14.0, 12.0, 9.0], ..Surface::diffuse([0; 3]) };
    let mirror = Surface { is_mirror: true, ..Surface::diffuse([230, 232, 235]) };
    let mut scene = Scene::new([0.0; 3]);
    let (right, up, back) = ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, -1.0]);
    let (down, front) = ([0.0, -1.0, 0.0], [0.0, 0.0, 1.0]);
    scene.parallelogram([-0.5, -0.5, 0.5], right, back, white);
    scene.parallelogram([-0.5, 0.5, -0.5], right, front, white);
    scene.parallelogram([-0.5, -0.5, -0.5], right, up, white);
    scene.parallelogram([-0.5, 0.5, -0.5], front, down, red);
    scene.parallelogram([0.5, 0.5, 0.5], back, down, green);
    scene.parallelogram([-0.2, 0.495, -0.2], [0.4, 0.0, 0.0], [0.0, 0.0, 0.4], light);
    scene.block([0.04, -0.5, 0.26], [0.288, 0.0, 0.084], [0.084, 0.0, -0.288], [0.0, 0.3, 0.0], white);
    scene.block([-0.2, -0.5, 0.1], [0.2, 0.0, -0.24], [-0.24, 0.0, -0.2], [0.0, 0.6, 0.0], mirror);
    scene.words()
}

/// A floor with two blocks under a bright sky.
fn yard() -> [Vec<u32>; 2] {
    let mut scene = Scene::new([0.9, 1.0, 1.2]);
    let stone = Surface::diffuse([150, 140, 130]);
    let brick = Surface::diffuse([200, 60, 40]);
    let mirror = Surface { is_mirror: true, ..Surface::diffuse([255; 3]) };
    scene.parallelogram([-1.0, -0.5, 1.0], [2.0, 0.0, 0.0], [0.0, 0.0, -2.0], stone);
    scene.block([-0.4, -0.5, 0.25], [0.3, 0.0, 0.0], [0.0, 0.0, -0.3], [0.0, 0.35, 0.0], brick);
    scene.block([0.1, -0.5, 0.15], [0.25, 0.0, 0.1], [0.1, 0.0, -0.25], [0.0, 0.65, 0.0], mirror);
    scene.words()
}

/// A picture seen from z = 1.8 along −z: what lies in −0.5 … 0.5 at z = 0.5 fills it.
#[derive(Clone, Copy)]
struct Picture {
    width: u32,
    height: u32,
    samples: u32,
    bounces: u32,
    steps: u32,
}

impl Picture {
    fn params(&self) -> Vec<u32> {
        let focus = 1 << 22;
        let pixel = (f64::from(focus) / 1.3 / f64::from(self.width)) as i32;
        let middle = |pixels: u32| pixel * pixels as i32 / 2;
        let eye = [0, 0, (1.8 * f64::from(1 << 28)) as i32];
        let corner = [-middle(self.width), middle(self.height), -focus];
        let vectors = [eye, corner, [pixel, 0, 0], [0, -pixel, 0]].concat();
        let counts = [self.width, self.samples, self.bounces, self.steps];
        counts.into_iter().chain(vectors.into_iter().map(|word| word as u32)).collect()
    }

    fn arguments(&self, scene: &[Vec<u32>; 2]) -> Arguments {
        Arguments {
            params: self.params(),
            inputs: scene.iter().map(|words| bytes(words.iter().copied())).collect(),
            invocations: self.width * self.height,
        }
    }

    fn example(&self, shows: &'static str, scene: &[Vec<u32>; 2]) -> Example {
        let output = (0..self.width * self.height).map(|g| tracer::pixel(scene, &self.params(), g)).collect();
        Example { shows, arguments: self.arguments(scene), output }
    }
}

pub(crate) fn examples() -> Vec<Example> {
    let small = Picture { width: 16, height: 14, samples: 3, bounces: 5, steps: 1000 };
    let (room, yard) = (room(), yard());
    vec![
        small.example("a room with a light and a mirror", &room),
        small.example("a yard under the sky", &yard),
        Picture { steps: 70, ..small }.example("steps used up", &yard),
        Picture { bounces: 1, samples: 1, ..small }.example("what is seen directly", &yard),
    ]
}

pub(crate) fn work() -> Arguments {
    Picture { width: 128, height: 128, samples: 8, bounces: 5, steps: 8 * 200 }.arguments(&room())
}
#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::FRAC_2_PI;

    const LARGE: Picture = Picture { width: 64, height: 64, samples: 16, bounces: 5, steps: u32::MAX };

    fn red(scene: &[Vec<u32>; 2], picture: Picture, x: u32, y: u32) -> u32 {
        tracer::pixel(scene, &picture.params(), y * picture.width + x) & 0xff
    }

    /// A wall behind the middle of the picture that reflects half of the red light.
    fn wall(scene: &mut Scene) {
        let half = Surface::diffuse([128; 3]);
        scene.parallelogram([-0.9, -0.9, -0.3], [1.8, 0.0, 0.0], [0.0, 1.8, 0.0], half);
    }

    #[test]
    fn a_flat_wall_reflects_the_sky_and_never_itself() {
        let mut scene = Scene::new([0.5; 3]);
        wall(&mut scene);
        let scene = scene.words();
        // A half of the light and of that a 129th more than a half, as gamma 2.
        let expected = (256.0 * (0.5 * 129.0 / 256.0_f64).sqrt()) as u32;
        for at in 0..LARGE.width {
            assert_eq!(red(&scene, LARGE, at, at), expected, "pixel {at}, {at}");
        }
    }

    #[test]
    fn a_wall_is_lit_as_the_cosine_law_says() {
        // A square light of side 0.6 that faces the wall from 0.5 away, which the viewer sees through from behind.
        let mut scene = Scene::new([0.0; 3]);
        wall(&mut scene);
        let light = Surface { emits: [1.0; 3], ..Surface::diffuse([0; 3]) };
        scene.parallelogram([-0.3, -0.3, 0.2], [0.0, 0.6, 0.0], [0.6, 0.0, 0.0], light);
        let scene = scene.words();
        // Of the light that falls on the point opposite its middle, this part comes from the square: four times the
        // view factor of a quarter.
        let x: f64 = 0.3 / 0.5;
        let root = (1.0 + x * x).sqrt();
        let part = 2.0 * FRAC_2_PI * (x / root) * (x / root).atan();
        let exact = part * 129.0 / 256.0;
        let picture = Picture { samples: 1024, ..LARGE };
        let middle = || (28..36).flat_map(|y| (28..36).map(move |x| (x, y)));
        let light = middle().map(|(x, y)| ((f64::from(red(&scene, picture, x, y)) + 0.5) / 256.0).powi(2));
        let mean = light.sum::<f64>() / middle().count() as f64;
        let error = (mean / exact - 1.0).abs();
        println!("the wall reflects {mean:.4}, by the law {exact:.4}");
        assert!(error < 0.02, "{mean} and not {exact}");
    }
}
