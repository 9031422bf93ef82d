const WIDTH = P0;
const SAMPLES = P1;
const BOUNCES = P2;
const STEPS = P3;
const EYE_X = i32(P4);
const EYE_Y = i32(P5);
const EYE_Z = i32(P6);
const CORNER_X = i32(P7);
const CORNER_Y = i32(P8);
const CORNER_Z = i32(P9);
const RIGHT_X = i32(P10);
const RIGHT_Y = i32(P11);
const RIGHT_Z = i32(P12);
const DOWN_X = i32(P13);
const DOWN_Y = i32(P14);
const DOWN_Z = i32(P15);

@group(0) @binding(0) var<storage, read> nodes: array<vec4<i32>>;     // 2 a node
@group(0) @binding(1) var<storage, read> triangles: array<vec4<i32>>; // 4 a triangle
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
    return mulhi_u(r, 0 - mulhi_u(x, r)) << 1;
}

// One step of Newton's method.
fn nearer(x: u32, y: u32) -> u32 {
    return mulhi_u(y, (805306368 - mulhi_u(x, mulhi_u(y, y))) << 2) << 1;
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
    let g = id.y * ROW + id.x;
    if g >= INVOCATIONS { return; }
    let x = i32(g % WIDTH);
    let y = i32(g / WIDTH);
    let eye = vec3<i32>(EYE_X, EYE_Y, EYE_Z);
    let right = vec3<i32>(RIGHT_X, RIGHT_Y, RIGHT_Z);
    let down = vec3<i32>(DOWN_X, DOWN_Y, DOWN_Z);
    let corner = vec3<i32>(CORNER_X, CORNER_Y, CORNER_Z) + right * x + down * y;
    state = g;
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
    for (var step = 0u; step < STEPS; step++) {
        if triangle < last {
            let plane = triangles[4 * triangle];
            let den = -along(plane.xyz, direction);
            let num = along(plane.xyz, origin) - plane.w;
            if (den > 0) & (num > 0) & (num < den) {
                let zeros = countLeadingZeros(u32(den));
                let t = i32(mulhi_u(u32(num) << (zeros - 1), reciprocal(u32(den) << zeros)));
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
            let ends = (hit == 0) | (depth == BOUNCES) | ((passes.x | passes.y | passes.z) == 0);
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
                let length = mulhi_u(square << zeros, root(square << zeros)) >> (8 + zeros / 2);
                towards = 16 * vec3<i32>(rx, ry, rz) + scaled(normal, i32(length));
            }
            stage = LAUNCH;
        } else if stage == CAMERA {
            if sample == SAMPLES {
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
        let more = colour | vec3<u32>(bit);
        colour = select(colour, more, more * more <= mean);
    }
    pixels[g] = 0xff000000 | (colour.z << 16) | (colour.y << 8) | colour.x;
}
