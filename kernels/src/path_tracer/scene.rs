//! Builds the inputs of the path tracer: triangles as planes and linear forms, and the bounding volume hierarchy over
//! them.

/// A point or a direction.
type Vector = [f64; 3];

/// Light that a surface reflects, 0 … 255 for each colour.
type Colour = [u8; 3];

/// Most triangles of a leaf.
const LEAF: usize = 2;
/// Margin around boxes, for the rounding of fixed-point numbers.
const PADDING: f64 = 1.0 / 1024.0;

fn map(a: Vector, b: Vector, f: impl Fn(f64, f64) -> f64) -> Vector {
    [f(a[0], b[0]), f(a[1], b[1]), f(a[2], b[2])]
}

fn minus(a: Vector, b: Vector) -> Vector {
    map(a, b, |a, b| a - b)
}

fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: Vector, b: Vector) -> Vector {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn over(a: Vector, by: f64) -> Vector {
    a.map(|a| a / by)
}

fn fixed(x: f64, bits: i32) -> u32 {
    (x * f64::from(bits).exp2()).round() as i32 as u32
}

#[derive(Clone, Copy)]
pub(super) struct Surface {
    pub reflects: Colour,
    pub is_mirror: bool,
    /// 1.0 is white.
    pub emits: Vector,
}

impl Surface {
    pub(super) fn diffuse(reflects: Colour) -> Self {
        Surface { reflects, is_mirror: false, emits: [0.0; 3] }
    }

    fn words(&self) -> [u32; 4] {
        let [red, green, blue] = self.reflects;
        let [r, g, b] = self.emits.map(|light| fixed(light, 8));
        [u32::from_le_bytes([red, green, blue, self.is_mirror.into()]), r, g, b]
    }
}

/// Three corners, counter-clockwise as seen from the front.
struct Triangle {
    corners: [Vector; 3],
    surface: Surface,
}

impl Triangle {
    fn lowest(&self) -> Vector {
        let [a, b, c] = self.corners;
        map(map(a, b, f64::min), c, f64::min)
    }

    fn highest(&self) -> Vector {
        let [a, b, c] = self.corners;
        map(map(a, b, f64::max), c, f64::max)
    }

    /// The plane and the two forms (Baldwin and Weber 2016), then the surface.
    fn words(&self) -> Vec<u32> {
        let [a, b, c] = self.corners;
        let (to_b, to_c) = (minus(b, a), minus(c, a));
        let normal = cross(to_b, to_c);
        let normal = over(normal, dot(normal, normal).sqrt());
        // 1 at one corner, 0 at the two others.
        let form = |own: Vector, other: Vector| {
            let across = cross(other, normal);
            over(across, dot(across, own))
        };
        let mut words: Vec<u32> = normal.map(|n| fixed(n, 30)).to_vec();
        words.push(fixed(dot(normal, a), 26));
        for form in [form(to_b, to_c), form(to_c, to_b)] {
            words.extend(form.map(|f| fixed(f, 26)));
            words.push(fixed(-dot(form, a), 22));
        }
        words.extend(self.surface.words());
        words
    }
}

/// Triangles before a background.
pub(super) struct Scene {
    background: Surface,
    triangles: Vec<Triangle>,
}

impl Scene {
    /// Nothing, under a sky of this light.
    pub(super) fn new(sky: Vector) -> Self {
        let background = Surface { emits: sky, ..Surface::diffuse([0; 3]) };
        Scene { background, triangles: Vec::new() }
    }

    /// A parallelogram: a corner, and the vectors to its two neighbours, counter-clockwise as seen from the front.
    pub(super) fn parallelogram(&mut self, corner: Vector, first: Vector, second: Vector, surface: Surface) {
        let plus = |a: Vector, b: Vector| map(a, b, |a, b| a + b);
        let (near, far, other) = (plus(corner, first), plus(plus(corner, first), second), plus(corner, second));
        self.triangles.push(Triangle { corners: [corner, near, far], surface });
        self.triangles.push(Triangle { corners: [corner, far, other], surface });
    }

    /// A block: a corner below, and the three edges from there, the third upwards. It has no bottom.
    pub(super) fn block(&mut self, corner: Vector, right: Vector, back: Vector, up: Vector, surface: Surface) {
        let plus = |a: Vector, b: Vector| map(a, b, |a, b| a + b);
        let turned = |a: Vector| a.map(|a| -a);
        self.parallelogram(corner, right, up, surface);
        self.parallelogram(plus(corner, right), back, up, surface);
        self.parallelogram(plus(plus(corner, right), back), turned(right), up, surface);
        self.parallelogram(plus(corner, back), turned(back), up, surface);
        self.parallelogram(plus(corner, up), right, back, surface);
    }

    /// The two inputs: nodes and triangles.
    pub(super) fn words(mut self) -> [Vec<u32>; 2] {
        let mut nodes = Vec::new();
        hierarchy(&mut self.triangles, 1, &mut nodes);
        let behind = nodes.len() as u32;
        for node in &mut nodes {
            node[SKIP] = if node[SKIP] == behind { u32::MAX } else { node[SKIP] };
        }
        let mut triangles = [0; 12].to_vec();
        triangles.extend(self.background.words());
        triangles.extend(self.triangles.iter().flat_map(Triangle::words));
        [nodes.concat(), triangles]
    }
}

/// The word of a node that holds the index of the node after its subtree.
const SKIP: usize = 3;

/// Appends the subtree over these triangles, of which the first has number `first`: halves along the longest side.
fn hierarchy(triangles: &mut [Triangle], first: u32, nodes: &mut Vec<[u32; 8]>) {
    let lowest = triangles.iter().map(Triangle::lowest).fold([f64::MAX; 3], |a, b| map(a, b, f64::min));
    let highest = triangles.iter().map(Triangle::highest).fold([f64::MIN; 3], |a, b| map(a, b, f64::max));
    let is_leaf = triangles.len() <= LEAF;
    let leaf = if is_leaf { first << 8 | triangles.len() as u32 } else { 0 };
    let this = nodes.len();
    let [ax, ay, az] = lowest.map(|x| fixed(x - PADDING, 28));
    let [bx, by, bz] = highest.map(|x| fixed(x + PADDING, 28));
    nodes.push([ax, ay, az, 0, bx, by, bz, leaf]);
    if !is_leaf {
        let sides = minus(highest, lowest);
        let axis = (0..3).max_by(|&a, &b| sides[a].total_cmp(&sides[b])).unwrap_or(0);
        let middle = |triangle: &Triangle| triangle.lowest()[axis] + triangle.highest()[axis];
        triangles.sort_by(|a, b| middle(a).total_cmp(&middle(b)));
        let (near, far) = triangles.split_at_mut(triangles.len() / 2);
        let half = near.len() as u32;
        hierarchy(near, first, nodes);
        hierarchy(far, first + half, nodes);
    }
    nodes[this][SKIP] = nodes.len() as u32;
}
