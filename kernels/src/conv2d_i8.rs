use crate::{
    arithmetic::{packed, Requantised},
    bytes, noise, Arguments, Example,
};
use touchstone_generate::Random;

/// Extents: of the image in pixels and channels, of the window, and of the result in channels.
#[derive(Clone, Copy)]
struct Shape {
    width: usize,
    height: usize,
    channels: usize,
    kernel_width: usize,
    kernel_height: usize,
    filters: usize,
    stride: usize,
    padding: usize,
}

impl Shape {
    fn out_width(&self) -> usize {
        (self.width + 2 * self.padding - self.kernel_width) / self.stride + 1
    }

    fn out_height(&self) -> usize {
        (self.height + 2 * self.padding - self.kernel_height) / self.stride + 1
    }

    fn invocations(&self) -> u32 {
        (self.out_width() * self.out_height() * self.filters / 4) as u32
    }

    fn params(&self, scale: Requantised) -> Vec<u32> {
        let words = |channels: usize| channels as u32 / 4;
        let mut params = vec![self.width as u32, self.height as u32, words(self.channels)];
        params.extend([self.out_width() as u32, words(self.filters)]);
        params.extend([self.kernel_height as u32, words(self.kernel_width * self.channels)]);
        params.extend([self.stride as u32, self.padding as u32]);
        params.extend([scale.multiplier as u32, scale.shift, scale.relu.into()]);
        params
    }
}

struct Convolution {
    shape: Shape,
    image: Vec<i8>,
    weights: Vec<i8>,
    bias: Vec<i32>,
}

impl Convolution {
    fn random(seed: u64, shape: Shape) -> Self {
        let mut random = Random::new(seed);
        let mut int8 = |count: usize| (0..count).map(|_| random.bits() as i8).collect();
        let image = int8(shape.width * shape.height * shape.channels);
        let weights = int8(shape.filters * shape.kernel_height * shape.kernel_width * shape.channels);
        let bias = (0..shape.filters).map(|_| random.bits() as i32 >> 16).collect();
        Convolution { shape, image, weights, bias }
    }

    /// A channel of a pixel, 0 outside.
    fn image(&self, x: i64, y: i64, channel: usize) -> i32 {
        let Shape { width, height, channels, .. } = self.shape;
        let inside = (0..width as i64).contains(&x) && (0..height as i64).contains(&y);
        if inside {
            self.image[(y as usize * width + x as usize) * channels + channel].into()
        } else {
            0
        }
    }

    fn sum(&self, x: usize, y: usize, filter: usize) -> i32 {
        let Shape { channels, kernel_width, kernel_height, stride, padding, .. } = self.shape;
        let mut sum = self.bias[filter];
        for ky in 0..kernel_height {
            for kx in 0..kernel_width {
                let at = |start: usize, k: usize| (start * stride + k) as i64 - padding as i64;
                for channel in 0..channels {
                    let place = ((filter * kernel_height + ky) * kernel_width + kx) * channels + channel;
                    sum += self.image(at(x, kx), at(y, ky), channel) * i32::from(self.weights[place]);
                }
            }
        }
        sum
    }

    fn example(&self, shows: &'static str, scale: Requantised) -> Example {
        let shape = self.shape;
        let mut results = Vec::new();
        for y in 0..shape.out_height() {
            for x in 0..shape.out_width() {
                results.extend((0..shape.filters).map(|filter| scale.apply(self.sum(x, y, filter))));
            }
        }
        let inputs = vec![
            bytes(packed(&self.image)),
            bytes(packed(&self.weights)),
            bytes(self.bias.iter().map(|&bias| bias as u32)),
        ];
        Example {
            shows,
            arguments: Arguments { params: shape.params(scale), inputs, invocations: shape.invocations() },
            output: packed(&results),
        }
    }
}

pub(crate) fn examples() -> Vec<Example> {
    let scale = Requantised { multiplier: 1 << 23, shift: 1, relu: false };
    let rectified = Requantised { relu: true, shift: 0, ..scale };
    let same = Shape {
        width: 6,
        height: 5,
        channels: 32,
        kernel_width: 3,
        kernel_height: 3,
        filters: 8,
        stride: 1,
        padding: 1,
    };
    let strided = Shape { width: 9, height: 7, channels: 16, filters: 4, stride: 2, ..same };
    let pointwise = Shape { channels: 48, kernel_width: 1, kernel_height: 1, padding: 0, filters: 12, ..same };
    let tall = Shape { channels: 16, kernel_width: 1, kernel_height: 5, padding: 2, filters: 4, ..same };
    let wide = Shape { channels: 16, kernel_width: 7, kernel_height: 1, padding: 3, filters: 4, ..same };
    vec![
        Convolution::random(1, same).example("a window of 3×3, zeros around the image", scale),
        Convolution::random(2, same).example("negative results cut off", rectified),
        Convolution::random(3, strided).example("every second pixel", scale),
        Convolution::random(4, pointwise).example("one pixel, no padding", rectified),
        Convolution::random(5, tall).example("a column, more padding than half an image", scale),
        Convolution::random(6, wide).example("a row wider than the image", scale),
    ]
}

pub(crate) fn work() -> Arguments {
    let shape = Shape {
        width: 56,
        height: 56,
        channels: 64,
        kernel_width: 3,
        kernel_height: 3,
        filters: 64,
        stride: 1,
        padding: 1,
    };
    let words = |channels: usize| channels / 4;
    Arguments {
        params: shape.params(Requantised { multiplier: 1 << 22, shift: 2, relu: true }),
        inputs: vec![
            bytes(noise(20, words(shape.width * shape.height * shape.channels))),
            bytes(noise(21, words(shape.filters * 9 * shape.channels))),
            bytes(noise(22, shape.filters).into_iter().map(|word| word >> 20)),
        ],
        invocations: shape.invocations(),
    }
}
