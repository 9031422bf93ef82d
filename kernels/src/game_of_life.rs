use crate::{bytes, noise, Arguments, Example};

/// A torus of cells.
struct Board {
    width: usize,
    cells: Vec<bool>,
}

impl Board {
    fn of(quads: usize, words: &[u32]) -> Self {
        Board {
            width: 128 * quads,
            cells: words.iter().flat_map(|word| (0..32).map(move |x| word >> x & 1 != 0)).collect(),
        }
    }

    fn words(&self) -> Vec<u32> {
        self.cells
            .chunks(32)
            .map(|cells| cells.iter().rev().fold(0, |word, cell| word << 1 | u32::from(*cell)))
            .collect()
    }

    fn next(&self) -> Board {
        let (width, height) = (self.width, self.cells.len() / self.width);
        let lives = |at: usize| {
            let (x, y) = (at % width, at / width);
            let around = (0..9).filter(|neighbour| *neighbour != 4);
            let neighbours = around.filter(|neighbour| {
                let (column, row) = (x + width + neighbour % 3 - 1, y + height + neighbour / 3 - 1);
                self.cells[row % height * width + column % width]
            });
            matches!((neighbours.count(), self.cells[at]), (3, _) | (2, true))
        };
        Board { width, cells: (0..self.cells.len()).map(lives).collect() }
    }
}

fn example(shows: &'static str, quads: usize, cells: Vec<u32>) -> Example {
    let invocations = cells.len() as u32 / 4;
    Example {
        shows,
        output: Board::of(quads, &cells).next().words(),
        arguments: Arguments {
            params: vec![quads as u32, invocations / quads as u32],
            inputs: vec![bytes(cells)],
            invocations,
        },
    }
}

pub(crate) fn examples() -> Vec<Example> {
    // A glider inside, a blinker across the left and right edge, one across the upper and lower edge.
    let mut figures = vec![0; 4 * 8];
    for (x, y) in [(41, 2), (42, 3), (40, 4), (41, 4), (42, 4), (127, 5), (0, 5), (1, 5), (90, 7), (90, 0), (90, 1)] {
        figures[4 * y + x / 32] |= 1 << (x % 32);
    }
    let sparse = |seed, count| noise(seed, count).into_iter().zip(noise(seed + 1, count)).map(|(a, b)| a & b).collect();
    vec![
        example("a glider, and blinkers across the edges", 1, figures),
        example("a dense board", 1, noise(40, 4 * 20)),
        example("a sparse board of several quads", 3, sparse(41, 12 * 11)),
        example("one row is its own neighbour", 2, sparse(43, 8)),
        example("two rows are each other's neighbours twice", 1, sparse(45, 8)),
    ]
}

pub(crate) fn work() -> Arguments {
    let (quads, rows) = (64, 16_384);
    Arguments {
        params: vec![quads, rows],
        inputs: vec![bytes(noise(46, (4 * quads * rows) as usize))],
        invocations: quads * rows,
    }
}
