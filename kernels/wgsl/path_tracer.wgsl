// path_tracer: one pixel of a scene of triangles, by path tracing in fixed point with a bounding volume hierarchy
//
// input 0   nodes, 8 words each: lowest corner x y z, skip; highest corner x y z, leaf
// input 1   triangles, 16 words each: normal x y z, distance; form u x y z, constant; form v x y z, constant;
//           surface, emission red green blue. Record 0 is no triangle: its surface is the background.
// output    pixels, RGBA, 8 bits each, red in the lowest byte, row-major: WINDOW = 1, invocation y·width + x computes
//           pixel (x, y)
//
// Numbers. Everything is i32 (or u32 where it says so) and wraps; a·b below is mulhi_s(a, b), the product rounded down to
// a multiple of 2³², and A·B of vectors the sum of three such; >> of i32 is arithmetic. Points have 28 fractional bits
// and lie within −4 … 4, distances along a ray too, and a ray ends at 4; directions have 30, normal·point and distance
// 26.
//
// Nodes lie depth-first: after an inner node (leaf 0) its first child, and skip says where to go on when the node's
// box is missed, or a leaf done; 0xffffffff ends. A leaf refers to triangles: leaf = first·256 + count, count ≥ 1.
//
// A triangle is a plane and two forms. n is its unit normal, on the side from which it is seen: the other side is not
// there. Its plane is n·P = distance (26 fractional bits); P is inside if u(P) = u·P + constant ≥ 0, v(P) ≥ 0 and
// u(P) + v(P) ≤ 1. Forms have 26 fractional bits, constants and results 22, and a margin of 1024 closes cracks (Baldwin
// and Weber 2016). A surface is kind·2²⁴ + blue·2¹⁶ + green·2⁸ + red, the colour that it reflects, kind 0 diffuse or 1
// a mirror; emission is u32 with 8 fractional bits, below 2¹⁶.
//
// A pixel is a sequence of steps, at most `steps`. The ray is (O, D) with I, the reciprocals of D. State s starts as g,
// then s = random(), which is PCG (O'Neill 2014; Jarzynski and Olano 2020), all u32: s ← s·747796405 + 2891336453;
// w = ((s >> ((s >> 28) + 4)) ^ s)·277803737; the result is (w >> 22) ^ w.
//
//   camera  ends the pixel after `samples` of them. j = random(), jx = j & 255, jy = (j >> 8) & 255;
//           V = (corner + right x + down y + ((right jx + down jy) >> 8)) >> 8 with ordinary products; O = eye; the
//           light that passes, T (u32, 16 fractional bits), is 65536 for each colour, the path's depth 0. Then launch.
//   launch  D = unit(V), its components nearer to 0 than 2²⁰ moved to 2²⁰ or, if negative, −2²⁰;
//           I = 2⁵⁰ / D: for a component d, z = clz(|d|), reciprocal(|d| << z) >> (13 − z), with the sign of d.
//           The ray's limit t is 0x7fffffff, the hit 0 (none). Then box, of node 0.
//   box     For each axis the plane distances (lowest − O)·I and (highest − O)·I, 16 fractional bits. The box is hit if
//           the largest of the three smaller ones and 0 is at most the smallest of the three larger ones and t >> 12.
//           An inner node that is hit goes to its successor, a leaf to its triangles and then to skip, a miss to skip.
//   triangle (count steps for a leaf) den = −(n·D), num = n·O − distance. Missed unless den > 0 and 0 < num < den.
//           z = clz(den); t' = mulhi(num << (z − 1), reciprocal(den << z)); missed unless t' < t.
//           P = O + (t'·D << 2), inside with margin: hit, t = t'.
//   shade   after the last box: for each colour, the pixel's sum (u32) += T·emission >> 12, then
//           T = T·(c + (c >> 7)) >> 8 for the reflected colour c, with ordinary products. The depth grows by 1.
//           If nothing is hit, the depth is `bounces`, or T is 0 in all colours: camera. Otherwise bounce.
//   bounce  O = O + (t·D << 2). From three random() in turn for x, y, z, the bytes of each added up less 510: R. It is
//           nearly normally distributed, so that its direction is nearly uniform. With m = R·R (ordinary), z = clz(m) & 30,
//           L = mulhi(m << z, root(m << z)) >> (8 + z/2), 64 times the length of R:
//           diffuse V = 16 R + n·L, which is Lambert's law; mirror V = (D − (n·(n·D) << 5)) >> 16. A mirror takes the
//           three numbers too. Then launch.
//
//   reciprocal(x), u32, 2⁶³ / x for x ≥ 2³¹: r = (0xffffffff / (x >> 16)) << 15, then mulhi(r, 0 − mulhi(x, r)) << 1.
//   root(x), u32, 2⁴⁶ / √x for x ≥ 2³⁰: y = 2319282340 − (x >> 2) − (x >> 4), then three times
//       y ← mulhi(y, (805306368 − mulhi(x, mulhi(y, y))) << 2) << 1; at most 0x7fffffff
//   unit(V): m = max(V·V, 1) (ordinary), z = clz(m) & 30; a component c becomes ((c << (z/2 + 15))·root(m << z)) << 1.
//
// When the camera ends or the steps are used up, with a the sum / max(1, samples begun): the colour ⌊√(min(a, 4095) << 4)⌋,
// that is, gamma 2; alpha 255.

const WINDOW: u32 = 1;

struct Params {
    width: u32,
    samples: u32,  // paths of a pixel, at most 4,096
    bounces: u32,  // surfaces that a path meets, at least 1
    steps: u32,    // of all paths of a pixel together: what it may cost
    eye_x: i32, eye_y: i32, eye_z: i32, // a point
    // From the eye to the upper left of the picture, and from pixel to pixel: all of a picture within ±2²³.
    corner_x: i32, corner_y: i32, corner_z: i32,
    right_x: i32, right_y: i32, right_z: i32,
    down_x: i32, down_y: i32, down_z: i32,
}

@group(0) @binding(0) var<storage, read> nodes: array<vec4<i32>>;     // 2 a node
@group(0) @binding(1) var<storage, read> triangles: array<vec4<i32>>; // 4 a triangle
@group(0) @binding(8) var<uniform> params: Params;
@group(0) @binding(9) var<storage, read_write> pixels: array<u32>;

const END: u32 = 0xffffffff;
const FAR: i32 = 0x7fffffff;
const MARGIN: i32 = 1024;
const ONE_22: i32 = 4194304;
const SMALLEST: i32 = 1048576;
// What comes when there is no box and no triangle left.
const SHADE: u32 = 0;
const BOUNCE: u32 = 1;
const CAMERA: u32 = 2;
const LAUNCH: u32 = 3;

var<private> state: u32;

fn random() -> u32 {
    state = state * 747796405 + 2891336453;
    let word = ((state >> ((state >> 28) + 4)) ^ state) * 277803737;
    return (word >> 22) ^ word;
}

fn bell() -> i32 {
    return i32(dot4U8Packed(random(), 0x01010101)) - 510;
}

fn scaled(v: vec3<i32>, by: i32) -> vec3<i32> {
    return vec3<i32>(mulhi_s(v.x, by), mulhi_s(v.y, by), mulhi_s(v.z, by));
}

fn products(a: vec3<i32>, b: vec3<i32>) -> vec3<i32> {
    return vec3<i32>(mulhi_s(a.x, b.x), mulhi_s(a.y, b.y), mulhi_s(a.z, b.z));
}

fn along(a: vec3<i32>, b: vec3<i32>) -> i32 {
    let p = products(a, b);
    return p.x + p.y + p.z;
}

fn reciprocal(x: u32) -> u32 {
    let r = (0xffffffffu / (x >> 16)) << 15;
    return mulhi(r, 0 - mulhi(x, r)) << 1;
}

// One step of Newton's method.
fn nearer(x: u32, y: u32) -> u32 {
    return mulhi(y, (805306368 - mulhi(x, mulhi(y, y))) << 2) << 1;
}

fn root(x: u32) -> u32 {
    let guess = 2319282340u - (x >> 2) - (x >> 4);
    return min(nearer(x, nearer(x, nearer(x, guess))), 0x7fffffffu);
}

fn reciprocal_of_component(d: i32) -> i32 {
    let size = u32(abs(d));
    let zeros = countLeadingZeros(size);
    let inverse = i32(reciprocal(size << zeros) >> (13 - zeros));
    return select(inverse, -inverse, d < 0);
}

fn away_from_zero(d: vec3<i32>) -> vec3<i32> {
    let least = select(vec3<i32>(SMALLEST), vec3<i32>(-SMALLEST), d < vec3<i32>(0));
    return select(d, least, abs(d) < vec3<i32>(SMALLEST));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let x = i32(id.x % params.width);
    let y = i32(id.x / params.width);
    let eye = vec3<i32>(params.eye_x, params.eye_y, params.eye_z);
    let right = vec3<i32>(params.right_x, params.right_y, params.right_z);
    let down = vec3<i32>(params.down_x, params.down_y, params.down_z);
    let corner = vec3<i32>(params.corner_x, params.corner_y, params.corner_z) + right * x + down * y;
    state = id.x;
    state = random();

    var sum = vec3<u32>(0);
    var sample = 0u;
    var depth = 0u;
    var passes = vec3<u32>(0);
    var origin = eye;
    var towards = vec3<i32>(0); // V
    var direction = vec3<i32>(0);
    var inverse = vec3<i32>(0);
    var limit = FAR;
    var hit = 0u;
    var kind = 0u;
    var node = END;
    var triangle = 0u;
    var last = 0u; // triangles of this leaf are left while triangle < last
    var stage = CAMERA;
    loop {
        loop_bound(params.steps);
        if triangle < last {
            let plane = triangles[4 * triangle];
            let den = -along(plane.xyz, direction);
            let num = along(plane.xyz, origin) - plane.w;
            if (den > 0) & (num > 0) & (num < den) {
                let zeros = countLeadingZeros(u32(den));
                let t = i32(mulhi(u32(num) << (zeros - 1), reciprocal(u32(den) << zeros)));
                let point = origin + (scaled(direction, t) << vec3<u32>(2));
                let form_u = triangles[4 * triangle + 1];
                let form_v = triangles[4 * triangle + 2];
                let u = along(form_u.xyz, point) + form_u.w;
                let v = along(form_v.xyz, point) + form_v.w;
                if (t < limit) & (min(u, v) >= -MARGIN) & (u + v <= ONE_22 + MARGIN) {
                    limit = t;
                    hit = triangle;
                }
            }
            triangle++;
        } else if node != END {
            let lowest = nodes[2 * node];
            let highest = nodes[2 * node + 1];
            let a = products(lowest.xyz - origin, inverse);
            let b = products(highest.xyz - origin, inverse);
            let enter = min(a, b);
            let leave = max(a, b);
            let first = max(max(enter.x, enter.y), max(enter.z, 0));
            let behind = min(min(leave.x, leave.y), min(leave.z, limit >> 12));
            let leaf = select(0u, u32(highest.w), first <= behind);
            node = select(u32(lowest.w), node + 1, (first <= behind) & (leaf == 0));
            triangle = leaf >> 8;
            last = triangle + (leaf & 255);
        } else if stage == SHADE {
            let material = vec4<u32>(triangles[4 * hit + 3]);
            let surface = material.x;
            sum += (passes * material.yzw) >> vec3<u32>(12);
            let colour = unpack4xU8(surface).xyz;
            passes = (passes * (colour + (colour >> vec3<u32>(7)))) >> vec3<u32>(8);
            kind = surface >> 24;
            depth++;
            let ends = (hit == 0) | (depth == params.bounces) | ((passes.x | passes.y | passes.z) == 0);
            stage = select(BOUNCE, CAMERA, ends);
        } else if stage == BOUNCE {
            origin += scaled(direction, limit) << vec3<u32>(2);
            let normal = triangles[4 * hit].xyz;
            let rx = bell();
            let ry = bell();
            let rz = bell();
            if kind == 1 {
                let reflected = direction - (scaled(normal, along(normal, direction)) << vec3<u32>(5));
                towards = reflected >> vec3<u32>(16);
            } else {
                let square = u32(rx * rx + ry * ry + rz * rz);
                let zeros = countLeadingZeros(square) & 30;
                let length = mulhi(square << zeros, root(square << zeros)) >> (8 + zeros / 2);
                towards = 16 * vec3<i32>(rx, ry, rz) + scaled(normal, i32(length));
            }
            stage = LAUNCH;
        } else if stage == CAMERA {
            if sample == params.samples {
                break;
            }
            sample++;
            let jitter = random();
            let within = right * i32(jitter & 255) + down * i32((jitter >> 8) & 255);
            towards = (corner + (within >> vec3<u32>(8))) >> vec3<u32>(8);
            origin = eye;
            passes = vec3<u32>(65536);
            depth = 0;
            stage = LAUNCH;
        } else {
            let square = max(u32(towards.x * towards.x + towards.y * towards.y + towards.z * towards.z), 1u);
            let zeros = countLeadingZeros(square) & 30;
            let by = i32(root(square << zeros));
            let unit = scaled(towards << vec3<u32>(zeros / 2 + 15), by) << vec3<u32>(1);
            direction = away_from_zero(unit);
            inverse = vec3<i32>(
                reciprocal_of_component(direction.x),
                reciprocal_of_component(direction.y),
                reciprocal_of_component(direction.z),
            );
            limit = FAR;
            hit = 0;
            node = 0;
            stage = SHADE;
        }
    }

    let mean = min(sum / max(sample, 1u), vec3<u32>(4095)) << vec3<u32>(4);
    var colour = vec3<u32>(0);
    for (var bit = 128u; bit > 0; bit >>= 1) {
        loop_bound(8);
        let more = colour | vec3<u32>(bit);
        colour = select(colour, more, more * more <= mean);
    }
    pixels[id.x] = 0xff000000 | (colour.z << 16) | (colour.y << 8) | colour.x;
}
