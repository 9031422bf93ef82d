use crate::{bytes, noise, Arguments, Example};

struct Filter {
    shift: u32,
    bias: i32,
    coefficients: [i32; 9],
}

const BLUR: Filter = Filter { shift: 4, bias: 8, coefficients: [1, 2, 1, 2, 4, 2, 1, 2, 1] };
const SHARPEN: Filter = Filter { shift: 0, bias: 0, coefficients: [0, -1, 0, -1, 5, -1, 0, -1, 0] };
const EDGES: Filter = Filter { shift: 0, bias: 128, coefficients: [-1, 0, 1, -2, 0, 2, -1, 0, 1] };
const WRAPPING: Filter =
    Filter { shift: 20, bias: i32::MIN, coefficients: [i32::MAX, i32::MIN, -1, 1 << 24, 7, 0, 1, 2, 3] };

impl Filter {
    fn params(&self, width: usize, height: usize) -> Vec<u32> {
        let mut params = vec![width as u32, height as u32, self.shift, self.bias as u32];
        params.extend(self.coefficients.map(|c| c as u32));
        params
    }

    fn pixel(&self, pixels: &[u32], width: usize, height: usize, x: usize, y: usize) -> u32 {
        let mut bytes = pixels[y * width + x].to_le_bytes();
        for (channel, byte) in bytes.iter_mut().enumerate().take(3) {
            let mut sum = self.bias;
            for (at, c) in self.coefficients.iter().enumerate() {
                let row = (y + at / 3).saturating_sub(1).min(height - 1);
                let column = (x + at % 3).saturating_sub(1).min(width - 1);
                let value = pixels[row * width + column].to_le_bytes()[channel];
                sum = sum.wrapping_add(c.wrapping_mul(value.into()));
            }
            *byte = (sum >> self.shift).clamp(0, 255) as u8;
        }
        u32::from_le_bytes(bytes)
    }

    fn example(&self, shows: &'static str, width: usize, height: usize) -> Example {
        let pixels = noise((width * 1000 + height) as u64, width * height);
        let at = |at: usize| self.pixel(&pixels, width, height, at % width, at / width);
        Example {
            shows,
            output: (0..width * height).map(at).collect(),
            arguments: Arguments {
                params: self.params(width, height),
                inputs: vec![bytes(pixels)],
                invocations: (width * height) as u32,
            },
        }
    }
}

pub(crate) fn examples() -> Vec<Example> {
    vec![
        SHARPEN.example("a column of five pixels", 1, 5),
        BLUR.example("a row of five pixels", 5, 1),
        EDGES.example("nothing but corners", 2, 2),
        BLUR.example("a blur", 63, 17),
        SHARPEN.example("clamping on both sides", 63, 17),
        WRAPPING.example("a sum that wraps", 7, 4),
    ]
}

pub(crate) fn work() -> Arguments {
    let (width, height) = (2048, 1024);
    Arguments {
        params: BLUR.params(width, height),
        inputs: vec![bytes(noise(12, width * height))],
        invocations: (width * height) as u32,
    }
}
