//! What authors of compute shaders write, as they write it.

use crate::common::{agrees_for, program, with_items};

/// Asserts that declarations and a body have the same result as Rust, for all pairs of edge cases.
#[track_caller]
fn agree(items: &str, body: &str, expected: fn(u32, u32) -> u32) {
    agrees_for(&with_items(items, body), expected);
}

/// The same without declarations.
#[track_caller]
fn does(body: &str, expected: fn(u32, u32) -> u32) {
    agrees_for(&program(body), expected);
}

fn rotl(x: u32, n: u32) -> u32 {
    x.rotate_left(n & 31)
}

#[test]
fn swizzles_of_every_length_are_read() {
    does(
        "let v = vec4<u32>(a, b, 3u, 4u); let w = v.xxyz + v.wzyx; output[g] = w.x ^ (w.y << 3u) ^ w.zw.y;",
        |a, b| {
            let v = [a, b, 3, 4];
            let pick = |i: [usize; 4], j: [usize; 4]| -> Vec<u32> {
                i.into_iter().zip(j).map(|(i, j)| v[i].wrapping_add(v[j])).collect()
            };
            let w = pick([0, 0, 1, 2], [3, 2, 1, 0]);
            w[0] ^ (w[1] << 3) ^ w[3]
        },
    );
    does("let v = vec3u(a, b, 7u); output[g] = v.zyx.xy.y + v.rgb.b + v.bgr.rg.x;", |_, b| {
        b.wrapping_add(7).wrapping_add(7)
    });
    does("var v = vec2i(i32(a), i32(b)); v = v.yx; v.x -= 1; v.y += v.x; output[g] = u32(v.y);", |a, b| {
        a.wrapping_add(b.wrapping_sub(1))
    });
    does("var v = vec4u(); v.w = a; v[2] = b; v.g += 5u; output[g] = v.x + v.y * 2u + v.z * 3u + v.a * 5u;", |a, b| {
        10u32.wrapping_add(b.wrapping_mul(3)).wrapping_add(a.wrapping_mul(5))
    });
    does(
        "var v = vec4u(a); let i = b & 3u; v[i] = 9u; v[(i + 1u) & 3u] += 1u; \
         output[g] = dot(v, vec4u(1, 10, 100, 1000));",
        |a, b| {
            let mut v = [a; 4];
            let i = (b & 3) as usize;
            v[i] = 9;
            v[(i + 1) & 3] = v[(i + 1) & 3].wrapping_add(1);
            v.iter().zip([1u32, 10, 100, 1000]).fold(0, |s, (v, k)| s.wrapping_add(v.wrapping_mul(k)))
        },
    );
    does("var v: vec3<i32>; v.x = i32(a); v.y = v.x; v.z = v.y * 2; output[g] = u32(v.x + v.y + v.z);", |a, _| {
        a.wrapping_mul(4)
    });
}

#[test]
fn structures_hold_arrays_of_structures() {
    let items = "
struct Inner { at: vec3<i32>, w: u32, t: array<u32, 3> }
struct Outer { head: u32, parts: array<Inner, 2>, tail: vec2<u32> }
fn make(x: u32, y: u32) -> Outer {
    var o: Outer;
    o.head = x;
    for (var i = 0u; i < 2u; i++) {
        o.parts[i].at = vec3<i32>(i32(x), i32(y), i32(i));
        o.parts[i].w = x + i;
        for (var j = 0u; j < 3u; j++) { o.parts[i].t[j] = y * j + i; }
    }
    o.tail = vec2(x, y);
    return o;
}
fn total(o: Outer) -> u32 {
    var n = o.head;
    for (var i = 0; i < 2; i++) {
        let p = o.parts[i];
        n += u32(p.at.x + p.at.y + p.at.z) + p.w;
        for (var j = 0; j < 3; j++) { n = n * 3u + p.t[j]; }
    }
    return n + o.tail.x - o.tail.y;
}";
    agree(items, "let o = make(a, b); output[g] = total(o);", |a, b| {
        let mut n = a;
        for i in 0..2u32 {
            n = n.wrapping_add(a.wrapping_add(b).wrapping_add(i)).wrapping_add(a.wrapping_add(i));
            for j in 0..3u32 {
                n = n.wrapping_mul(3).wrapping_add(b.wrapping_mul(j).wrapping_add(i));
            }
        }
        n.wrapping_add(a).wrapping_sub(b)
    });
    agree(
        "struct P { x: u32, y: i32 } struct Q { p: P, q: array<P, 2> }",
        "let q = Q(P(a, -1), array<P, 2>(P(b, 2), P(1u, 3))); var r = q; r.q[a & 1u].x += 5u; r.p = r.q[b & 1u];
         output[g] = r.p.x + u32(r.p.y) + q.q[0].x;",
        |a, b| {
            let mut q = [(b, 2u32), (1, 3)];
            q[(a & 1) as usize].0 = q[(a & 1) as usize].0.wrapping_add(5);
            let p = q[(b & 1) as usize];
            p.0.wrapping_add(p.1).wrapping_add(b)
        },
    );
}

#[test]
fn structures_are_read_from_inputs() {
    let source = "
const WINDOW: u32 = 4;
struct Node { lo: vec3<i32>, left: u32, hi: vec3<i32>, right: u32, @size(32) tag: u32, @align(16) t: array<vec2<u32>, \
2> }
@group(0) @binding(0) var<storage, read> nodes: array<Node>;
@group(0) @binding(9) var<storage, read_write> output: array<vec4<i32>>;
@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let n = nodes[id.x];
    output[id.x] = vec4<i32>(n.lo + n.hi, \
    i32(n.left ^ n.right ^ n.tag ^ n.t[1].y ^ nodes[id.x].t[id.x & 1u].x ^ arrayLength(&nodes)));
}";
    // 32 + 32 + 16 bytes.
    let words: Vec<u32> = (0..60).map(|at| at * at + 7).collect();
    let expected: Vec<u32> = (0..3usize)
        .flat_map(|at| {
            let n = &words[20 * at..];
            let t = n[16 + 2 * (at & 1)];
            [n[0] + n[4], n[1] + n[5], n[2] + n[6], n[3] ^ n[7] ^ n[8] ^ n[19] ^ t ^ 3]
        })
        .collect();
    assert_eq!(crate::common::outputs(source, &[], &[words], 3), expected);
}

#[test]
fn tables_of_all_kinds_are_constant() {
    let items = "
const PRIMES = array(2u, 3u, 5u, 7u, 11u, 13u, 17u, 19u);
const NESTED = array<array<i32, 3>, 3>(array<i32, 3>(1, 2, 1), array<i32, 3>(2, 4, 2), array<i32, 3>(-1, -2, -1));
const DIRS = array<vec2<i32>, 4>(vec2<i32>(0, 1), vec2<i32>(1, 0), vec2<i32>(0, -1), vec2<i32>(-1, 0));
struct Tap { at: vec2<i32>, weight: u32 }
const TAPS = array<Tap, 3>(Tap(vec2<i32>(-1, 0), 3u), Tap(vec2<i32>(0, 0), 10u), Tap(vec2<i32>(1, 0), 3u));
const ONE = Tap(vec2<i32>(4, 5), 6u);";
    agree(items, "output[g] = PRIMES[a & 7u] + PRIMES[3];", |a, _| [2, 3, 5, 7, 11, 13, 17, 19][a as usize & 7] + 7);
    agree(
        items,
        "output[g] = u32(NESTED[a % 3u][b % 3u] + NESTED[2][1] + NESTED[a % 3u][0] + NESTED[1][b % 3u]);",
        |a, b| {
            let n = [[1i32, 2, 1], [2, 4, 2], [-1, -2, -1]];
            let (a, b) = (a as usize % 3, b as usize % 3);
            (n[a][b] + n[2][1] + n[a][0] + n[1][b]) as u32
        },
    );
    agree(items, "let d = DIRS[a & 3u]; output[g] = u32(d.x * 10 + d.y + DIRS[b & 3u].x);", |a, b| {
        let d = [(0, 1), (1, 0), (0, -1), (-1, 0)];
        let (p, q) = (d[a as usize & 3], d[b as usize & 3]);
        (p.0 * 10 + p.1 + q.0) as u32
    });
    agree(
        items,
        "var n = 0i; for (var k = 0; k < 3; k++) { let t = TAPS[k]; n += t.at.x * i32(a) + i32(t.weight * b); }
         output[g] = u32(n) + TAPS[a % 3u].weight + u32(ONE.at.y);",
        |a, b| {
            let n = [(-1i32, 3u32), (0, 10), (1, 3)]
                .iter()
                .fold(0u32, |n, t| n.wrapping_add((t.0 as u32).wrapping_mul(a)).wrapping_add(t.1.wrapping_mul(b)));
            n.wrapping_add([3, 10, 3][a as usize % 3]).wrapping_add(5)
        },
    );
    does("let t = array(1u, 2u, a, b); output[g] = t[a & 3u] * 2u + t[3];", |a, b| {
        [1, 2, a, b][a as usize & 3].wrapping_mul(2).wrapping_add(b)
    });
    does(
        "var t = array<vec2u, 3>(vec2u(a, 1), vec2u(b, 2), vec2u(5, 3)); t[b % 3u].y = a; \
         output[g] = t[a % 3u].x + t[1].y;",
        |a, b| {
            let mut y = [1, 2, 3];
            y[b as usize % 3] = a;
            [a, b, 5][a as usize % 3].wrapping_add(y[1])
        },
    );
}

#[test]
fn private_arrays_of_anything_are_indexed() {
    let items = "
struct Item { key: u32, at: vec2<i32> }
var<private> heap: array<Item, 6>;
var<private> grid: array<array<vec3<u32>, 4>, 3>;
var<private> size: u32 = 2u;
var<private> seed = vec4<u32>(1u, 2u, 3u, 4u);
fn next() -> u32 { seed = seed.yzwx ^ (seed << vec4(5u)); return seed.x; }
fn push(item: Item) { heap[size] = item; size++; }
";
    agree(
        items,
        "push(Item(a, vec2(1, 2))); push(Item(b, vec2(i32(a), 4))); \
         output[g] = heap[2].key + u32(heap[a & 3u].at.x) + size;",
        |a, b| {
            let h = [(0, 0), (0, 0), (a, 1u32), (b, a)];
            a.wrapping_add(h[a as usize & 3].1).wrapping_add(4)
        },
    );
    agree(
        items,
        "grid[a % 3u][b & 3u] = vec3(a, b, 7u); grid[a % 3u][b & 3u].y += 1u; let v = grid[b % 3u][a & 3u]; \
         output[g] = v.x + v.y * 2u + v.z * 3u + grid[1][1].z;",
        |a, b| {
            let mut t = [[[0u32; 3]; 4]; 3];
            t[a as usize % 3][b as usize & 3] = [a, b.wrapping_add(1), 7];
            let v = t[b as usize % 3][a as usize & 3];
            v[0].wrapping_add(v[1].wrapping_mul(2)).wrapping_add(v[2].wrapping_mul(3)).wrapping_add(t[1][1][2])
        },
    );
    agree(items, "let x = next(); let y = next(); output[g] = x * 3u + y + a;", |a, _| {
        let mut s = [1u32, 2, 3, 4];
        let mut next = || {
            s = [s[1] ^ (s[0] << 5), s[2] ^ (s[1] << 5), s[3] ^ (s[2] << 5), s[0] ^ (s[3] << 5)];
            s[0]
        };
        let (x, y) = (next(), next());
        x.wrapping_mul(3).wrapping_add(y).wrapping_add(a)
    });
}

#[test]
fn pointers_name_variables_and_their_parts() {
    let items = "
struct Pair { x: u32, v: vec3<u32>, t: array<u32, 4> }
var<private> state: array<u32, 16>;
var<private> count: u32;
fn swap(p: ptr<function, u32>, q: ptr<function, u32>) { let t = *p; *p = *q; *q = t; }
fn bump(p: ptr<private, u32>) { *p += 3u; }
fn fill(p: ptr<function, array<u32, 4>>, x: u32) { for (var i = 0u; i < 4u; i++) { (*p)[i] = x * i; } }
fn mix(p: ptr<function, Pair>) -> u32 { p.x += 1u; (*p).v.y = p.x; p.t[2] += p.v.y; return (*p).t[2]; }
fn put(p: ptr<function, vec3<u32>>, i: u32) { (*p)[i] = 77u; p.x += 1u; }
fn quarter(s: ptr<private, array<u32, 16>>, i: u32, j: u32) { (*s)[i] += (*s)[j]; s[j] = (s[j] ^ s[i]) << 7u; }
";
    agree(items, "var x = a; var y = b; swap(&x, &y); output[g] = x * 2u + y;", |a, b| {
        b.wrapping_mul(2).wrapping_add(a)
    });
    agree(items, "bump(&count); bump(&count); output[g] = count + a;", |a, _| a.wrapping_add(6));
    agree(items, "var t: array<u32, 4>; fill(&t, a); output[g] = t[3] + t[b & 3u];", |a, b| {
        a.wrapping_mul(3).wrapping_add(a.wrapping_mul(b & 3))
    });
    agree(
        items,
        "var p = Pair(a, vec3(b), array<u32, 4>(1u, 2u, 3u, 4u)); let r = mix(&p); put(&p.v, 2u); \
         output[g] = r + p.v.z + p.v.x + p.t[2];",
        |a, b| {
            let r = a.wrapping_add(1).wrapping_add(3);
            r.wrapping_add(77).wrapping_add(b.wrapping_add(1)).wrapping_add(r)
        },
    );
    agree(
        items,
        "state[1] = a; state[2] = b; quarter(&state, 1u, 2u); quarter(&state, 2u, 1u); \
         output[g] = state[1] + state[2];",
        |a, b| {
            let (mut x, mut y) = (a, b);
            x = x.wrapping_add(y);
            y = (y ^ x) << 7;
            y = y.wrapping_add(x);
            x = (x ^ y) << 7;
            x.wrapping_add(y)
        },
    );
    agree(
        items,
        "var t = array<u32, 4>(1u, 2u, 3u, 4u); let p = &t[a & 3u]; *p += b; (*p)++; let q = &t; \
         (*q)[0] ^= 1u; output[g] = t[0] + t[1] + t[2] + t[3];",
        |a, b| {
            let mut t = [1u32, 2, 3, 4];
            t[a as usize & 3] = t[a as usize & 3].wrapping_add(b).wrapping_add(1);
            t[0] ^= 1;
            t.iter().fold(0u32, |n, &x| n.wrapping_add(x))
        },
    );
    agree(
        items,
        "var p = Pair(); let v = &p.v; (*v).y = a; v.z = b; swap(&p.x, &p.t[1]); output[g] = p.v.y + p.v.z;",
        |a, b| a.wrapping_add(b),
    );
}

#[test]
fn control_flow_in_all_its_forms() {
    does(
        "var n = 0u; switch (a & 7u) { case 0, 1: { n = 1u; } default: { n = 2u; } case 3u, 5u { n = b; if b > 3u { \
         break; } n += 9u; } case 4: { } } output[g] = n;",
        |a, b| match a & 7 {
            0 | 1 => 1,
            3 | 5 if b > 3 => b,
            3 | 5 => b + 9,
            4 => 0,
            _ => 2,
        },
    );
    does(
        "var n = 5i; switch i32(a) { case -1 { n = 1; } case 2, default { n = 7; } case 3 { n += 2; } } \
         output[g] = u32(n);",
        |a, _| match a as i32 {
            -1 => 1,
            3 => 7,
            _ => 7,
        },
    );
    does(
        "var i = 0u; var n = 0u; while i < 10u { i++; if (i & 1u) == 0u { continue; } n += i * a; \
         if n > b && i > 6u { break; } } output[g] = n;",
        |a, b| {
            let (mut i, mut n) = (0u32, 0u32);
            while i < 10 {
                i += 1;
                if i & 1 == 0 {
                    continue;
                }
                n = n.wrapping_add(i.wrapping_mul(a));
                if n > b && i > 6 {
                    break;
                }
            }
            n
        },
    );
    does(
        "var i = 0u; var n = a; loop { if i >= 4u { break; } n = n * 3u + i; continuing { i += 1u; } } output[g] = n;",
        |a, _| (0..4).fold(a, |n, i| n.wrapping_mul(3).wrapping_add(i)),
    );
    does(
        "var i = 0; var n = a; loop { loop_bound(9u); n ^= n << 3u; continuing { i++; break if i == 5; } } \
         output[g] = n;",
        |a, _| (0..5).fold(a, |n, _| n ^ (n << 3)),
    );
    does("var i = 3u; for (; i < 9u; ) { i += 2u; } for (i = i + 1u; i < 20u; i++) { } output[g] = i + a;", |a, _| {
        a.wrapping_add(20)
    });
    does(
        "var n = 0u; for (var i = 0u; ; i++) { loop_bound(30u); if i * 3u > 20u { break; } n += i; } \
         output[g] = n + a;",
        |a, _| a.wrapping_add(21),
    );
    does(
        "var n = 0u; for (var i = 10; i > 0; i -= 3) { n = n * 10u + u32(i); } for (var i = 7u; i > 0u; i--) { \
         n += i; } output[g] = n ^ a;",
        |a, _| (10741 + 28) ^ a,
    );
    does(
        "var n = a; { let n = 5u; { var n = n + 1u; n += 1u; output[g] = n; } output[g] += n; } output[g] += n;",
        |a, _| a.wrapping_add(12),
    );
    does(
        "if a == b { output[g] = 1u; return; } for (var i = 0u; i < 5u; i++) { for (var j = 0u; j < 5u; j++) { \
         if i * 5u + j == (a & 31u) { output[g] = 100u + i; return; } } } output[g] = 3u;",
        |a, b| match a & 31 {
            _ if a == b => 1,
            at if at < 25 => 100 + at / 5,
            _ => 3,
        },
    );
}

#[test]
fn functions_return_early_from_anywhere() {
    let items = "
fn find(x: u32, y: u32) -> i32 {
    for (var i = 0; i < 4; i++) {
        switch i {
            case 1: { if x == y { return -1; } continue; }
            case 2: { if x < y { break; } return 20 + i; }
            default: { }
        }
        for (var j = 0; j < 3; j++) {
            if u32(i * 3 + j) == (x & 15u) { return i * 10 + j; }
        }
    }
    return 99;
}
@must_use fn twice(x: u32) -> u32 { if x > 100u { return x; } return twice_of(x); }
fn twice_of(x: u32) -> u32 { return x * 2u; }
fn nothing(x: u32) { if x == 0u { return; } _ = x; }
";
    agree(items, "nothing(a); _ = twice(b); output[g] = u32(find(a, b)) + twice(a);", |a, b| {
        let find = || {
            for i in 0..4i32 {
                match i {
                    1 if a == b => return -1,
                    1 => continue,
                    2 if a >= b => return 22,
                    _ => {}
                }
                for j in 0..3 {
                    if (i * 3 + j) as u32 == a & 15 {
                        return i * 10 + j;
                    }
                }
            }
            99
        };
        (find() as u32).wrapping_add(if a > 100 { a } else { a * 2 })
    });
}

#[test]
fn vectors_meet_every_operator() {
    does(
        "let v = vec4u(a, b, a ^ b, 3u); let s = (v << vec4u(1u, 2u, 3u, 4u)) >> vec4u(b & 7u, 1u, 0u, 2u); \
         output[g] = s.x ^ s.y ^ s.z ^ s.w;",
        |a, b| ((a << 1) >> (b & 7)) ^ ((b << 2) >> 1) ^ ((a ^ b) << 3) ^ ((3 << 4) >> 2),
    );
    does(
        "let v = vec3i(i32(a), i32(b), -3); let c = v < vec3i(0); let d = c & (v != vec3i(-3, 1, 2)); \
         output[g] = select(0u, 1u, any(c)) + select(0u, 2u, \
         all(c)) + u32(d.x) * 4u + u32(d.z) * 8u + u32((c | d).y) * 16u;",
        |a, b| {
            let v = [a as i32, b as i32, -3];
            let c = v.map(|x| x < 0);
            let d = [c[0] && v[0] != -3, c[1] && v[1] != 1, c[2] && v[2] != 2];
            u32::from(c.contains(&true))
                + 2 * u32::from(!c.contains(&false))
                + 4 * u32::from(d[0])
                + 8 * u32::from(d[2])
                + 16 * u32::from(c[1] | d[1])
        },
    );
    does(
        "var v = vec2u(a, b); v *= 3u; v += vec2u(1u, 2u); v -= 4u; v ^= v.yx; v |= vec2u(1u); \
         v &= vec2u(0xffu, ~0u); v <<= vec2u(2u); v >>= vec2u(1u, 3u); v /= 3u; v %= vec2u(1000u, 77u); \
         output[g] = v.x * 1000u + v.y;",
        |a, b| {
            let mut v = [a.wrapping_mul(3).wrapping_sub(3), b.wrapping_mul(3).wrapping_sub(2)];
            v = [v[0] ^ v[1], v[1] ^ v[0]];
            v = [(v[0] | 1) & 255, v[1] | 1];
            v = [(v[0] << 2) >> 1, (v[1] << 2) >> 3];
            v = [v[0] / 3 % 1000, v[1] / 3 % 77];
            v[0] * 1000 + v[1]
        },
    );
    does(
        "let v = -vec3i(i32(a), i32(b), 5); let w = ~vec2u(a, b); let x = !vec2<bool>(a > b, a == b); \
         output[g] = u32(v.x + v.y - v.z) ^ w.x ^ select(w.y, 5u, x.x);",
        |a, b| (0u32.wrapping_sub(a).wrapping_sub(b).wrapping_add(5)) ^ !a ^ if a <= b { 5 } else { !b },
    );
    does(
        "let v = select(vec2u(a, 7u), vec2u(b, 9u), vec2<bool>(a < b, true)); \
         let w = select(vec2u(1u), vec2u(2u), a == b); output[g] = v.x + v.y + w.x * 3u;",
        |a, b| if a < b { b } else { a }.wrapping_add(9).wrapping_add(if a == b { 6 } else { 3 }),
    );
    does(
        "output[g] = u32(dot(vec3i(i32(a), -2, i32(b)), vec3i(3, i32(b), -1))) + dot(vec2u(a, b), vec2u(b, 2u));",
        |a, b| {
            let x = a.wrapping_mul(3).wrapping_sub(b.wrapping_mul(2)).wrapping_sub(b);
            x.wrapping_add(a.wrapping_mul(b)).wrapping_add(b.wrapping_mul(2))
        },
    );
    does(
        "let v = vec4<i32>(i32(a)) / vec4<i32>(1, -1, 3, 2) + vec4<i32>(i32(b)) % vec4<i32>(3, 1, -7, 2); \
         output[g] = u32(v.x ^ v.y ^ v.z ^ v.w);",
        |a, b| {
            let (a, b) = (a as i32, b as i32);
            let v =
                [a.wrapping_add(b % 3), a.wrapping_neg(), (a / 3).wrapping_add(b % -7), (a / 2).wrapping_add(b % 2)];
            (v[0] ^ v[1] ^ v[2] ^ v[3]) as u32
        },
    );
}

#[test]
fn built_in_functions_of_vectors() {
    does(
        "let v = vec2i(i32(a), i32(b)); let w = clamp(abs(v), vec2i(0), vec2i(100)) + sign(v) + min(v, \
         v.yx) + max(v, vec2i(5)); output[g] = u32(w.x * 7 + w.y);",
        |a, b| {
            let v = [a as i32, b as i32];
            let w: Vec<i32> = (0..2)
                .map(|i| {
                    v[i].wrapping_abs()
                        .clamp(0, 100)
                        .wrapping_add(v[i].signum())
                        .wrapping_add(v[0].min(v[1]))
                        .wrapping_add(v[i].max(5))
                })
                .collect();
            w[0].wrapping_mul(7).wrapping_add(w[1]) as u32
        },
    );
    does(
        "let v = vec3u(a, b, 0u); \
         let w = countOneBits(v) + countLeadingZeros(v) * 2u + countTrailingZeros(v) * 3u + firstLeadingBit(v) + \
         firstTrailingBit(v) * 5u + reverseBits(v); output[g] = w.x ^ w.y ^ w.z;",
        |a, b| {
            [a, b, 0].iter().fold(0, |n, &x| {
                let first = if x == 0 { u32::MAX } else { 31 - x.leading_zeros() };
                let last = if x == 0 { u32::MAX } else { x.trailing_zeros() };
                let w = x.count_ones() + x.leading_zeros() * 2 + x.trailing_zeros() * 3;
                n ^ w.wrapping_add(first).wrapping_add(last.wrapping_mul(5)).wrapping_add(x.reverse_bits())
            })
        },
    );
    does(
        "output[g] = u32(firstLeadingBit(i32(a))) + u32(countLeadingZeros(i32(b))) + u32(firstTrailingBit(i32(b)));",
        |a, b| {
            let x = if (a as i32) < 0 { !a } else { a };
            let first = if x == 0 { u32::MAX } else { 31 - x.leading_zeros() };
            let last = if b == 0 { u32::MAX } else { b.trailing_zeros() };
            first.wrapping_add(b.leading_zeros()).wrapping_add(last)
        },
    );
    does(
        "let v = extractBits(vec2i(i32(a), i32(b)), 4u, 9u); let w = insertBits(vec2u(a, b), vec2u(b), 5u, 11u); \
         output[g] = u32(v.x + v.y) ^ w.x ^ w.y;",
        |a, b| {
            let e = |x: u32| ((x << 19) as i32) >> 23;
            let i = |x: u32| (x & !(0x7ff << 5)) | ((b & 0x7ff) << 5);
            (e(a) + e(b)) as u32 ^ i(a) ^ i(b)
        },
    );
    does(
        "let p = pack4xI8(vec4i(i32(a), i32(b), -1, 300)); let q = pack4xU8Clamp(vec4u(a, b, 255u, 300u)); \
         let r = pack4xI8Clamp(vec4i(i32(a), i32(b), -300, 300)); let s = pack4xU8(vec4u(a, b, 1u, 2u)); \
         output[g] = p ^ q.xxxx.x ^ r ^ s;"
            .replace("q.xxxx.x", "q")
            .as_str(),
        |a, b| {
            let p = u32::from_le_bytes([a as u8, b as u8, 255, 44]);
            let q = u32::from_le_bytes([a.min(255) as u8, b.min(255) as u8, 255, 255]);
            let c = |x: u32| (x as i32).clamp(-128, 127) as u8;
            let r = u32::from_le_bytes([c(a), c(b), 128, 127]);
            p ^ q ^ r ^ u32::from_le_bytes([a as u8, b as u8, 1, 2])
        },
    );
    does(
        "let u = unpack4xU8(a); let s = unpack4xI8(b); output[g] = dot(u, vec4u(1u, 2u, 3u, 4u)) + u32(dot(s, \
         vec4i(1, -2, 3, -4))) + dot4U8Packed(a, b) + u32(dot4I8Packed(a, b));",
        |a, b| {
            let (x, y) = (a.to_le_bytes(), b.to_le_bytes());
            let u: u32 = (0..4).map(|i| u32::from(x[i]) * (i as u32 + 1)).sum();
            let s: i32 = (0..4).map(|i| i32::from(y[i] as i8) * [1, -2, 3, -4][i]).sum();
            let d: u32 = (0..4).map(|i| u32::from(x[i]) * u32::from(y[i])).sum();
            let e: i32 = (0..4).map(|i| i32::from(x[i] as i8) * i32::from(y[i] as i8)).sum();
            u.wrapping_add(s as u32).wrapping_add(d).wrapping_add(e as u32)
        },
    );
    does(
        "let v = bitcast<vec2<i32>>(vec2u(a, b)); let w = bitcast<vec2u>(v >> vec2u(3u)); \
         output[g] = w.x ^ w.y ^ bitcast<u32>(bitcast<i32>(a));",
        |a, b| ((a as i32) >> 3) as u32 ^ ((b as i32) >> 3) as u32 ^ a,
    );
    does(
        "let v = vec3<i32>(vec3<bool>(a > b, a < b, true)) + vec3i(vec3u(a, b, 1u)); \
         let c = vec2<bool>(vec2u(a, b)); \
         output[g] = u32(v.x - v.y + v.z) + u32(c.x && c.y) + u32(bool(a)) + u32(bool(i32(b)));",
        |a, b| {
            let x = u32::from(a > b).wrapping_add(a).wrapping_sub(u32::from(a < b).wrapping_add(b)).wrapping_add(2);
            x.wrapping_add(u32::from(a != 0 && b != 0) + u32::from(a != 0) + u32::from(b != 0))
        },
    );
}

#[test]
fn constants_in_all_their_forms() {
    let items = "
alias Word = u32;
alias V = vec2<Word>;
const A = 0x1F;
const B: i32 = -(A + 1);
const C = vec3(1, 2, 3) * 2;
const D = select(1u, 2u, A > 3);
const E = (1u << 31u) | 0xffu;
const F = max(A, 40) - min(3, 4) + abs(-2) + clamp(9, 1, 5);
const N = countOneBits(0xffu) / 2u;
const T = array<Word, N>(1, 2, 3, 4);
const G = T[2] + Word(C.y);
const H = dot(vec3(1, 2, 3), C);
const I = A == 31 && !(B > 0) || false;
const_assert A == 31;
const_assert N == 4u;
";
    agree(
        items,
        "output[g] = a + A + u32(B) + u32(C.z) + D + E + F + G + u32(H) + u32(I); const L = 5; const_assert L < 6;",
        |a, _| {
            let f = 40 - 3 + 2 + 5;
            let sum = 31u32
                .wrapping_add(-32i32 as u32)
                .wrapping_add(6 + 2)
                .wrapping_add(0x8000_00ff)
                .wrapping_add(f + 7 + 28 + 1);
            a.wrapping_add(sum)
        },
    );
    agree(
        items,
        "var v = V(a, b); let w: V = V(T[a & 3u], 1); output[g] = v.x + w.x + 0X1fu + 1_0u;"
            .replace("1_0u", "10u")
            .as_str(),
        |a, _| a.wrapping_add((a & 3) + 1).wrapping_add(41),
    );
    does(
        "const n = 3; var t: array<u32, n * 2>; t[n + 2] = a; let k = -2147483648; let m = i32(-2147483648); \
         output[g] = t[a % (n * 2)] + u32(k) + u32(m);",
        |a, _| {
            if a % 6 == 5 {
                a
            } else {
                0
            }
        },
    );
}

#[test]
fn overrides_are_constants_with_their_defaults() {
    let items = "
override size: u32 = 6u;
@id(3) override rounds = 4;
@id(1200) override flag: bool = true;
override both: u32 = size * 2u + u32(rounds);
override neg: i32 = -rounds;
var<private> t: array<u32, size>;
";
    agree(
        items,
        "for (var i = 0u; i < size; i++) { t[i] = i * a; }
         var n = 0u;
         for (var i = 0; i < rounds; i++) { n = n * 3u + t[u32(i) + 1u]; }
         var s: array<u32, both>;
         s[b % both] = 5u;
         if flag { n += both + u32(neg) + s[2]; }
         output[g] = n;",
        |a, b| {
            let n = (0..4u32).fold(0u32, |n, i| n.wrapping_mul(3).wrapping_add((i + 1).wrapping_mul(a)));
            n.wrapping_add(16).wrapping_sub(4).wrapping_add(if b % 16 == 2 { 5 } else { 0 })
        },
    );
    let source = with_items("override wg: u32 = 64;", "output[g] = a + wg;")
        .replace("@workgroup_size(64)", "@workgroup_size(wg)");
    agrees_for(&source, |a, _| a.wrapping_add(64));
}

#[test]
fn directives_attributes_and_comments_are_read() {
    let source = format!(
        "/* a /* nested */ comment: override x; */
diagnostic(off, derivative_uniformity);
requires packed_4x8_integer_dot_product;
{}",
        with_items(
            "// größe ≠ 大きさ\nstruct P { @align(16) x: u32, @size(16) y: u32, z: vec3u, }\n@diagnostic(off, \
                 derivative_uniformity) fn größe(x: u32,) -> u32 { return x /* ∑ */ + 1u; }",
            "var p = P(a, b, vec3u(),); p.z.y = größe(p.x); ; output[g] = p.z.y + p.y;"
        )
    );
    agrees_for(&source, |a, b| a.wrapping_add(1).wrapping_add(b));
}

#[test]
fn the_side_that_is_not_needed_is_not_evaluated() {
    let items = "var<private> n: u32; fn hit(x: bool) -> bool { n += 1u; return x; }";
    agree(
        items,
        "let c = a > b && hit(a > 5u) || hit(b > 2u) && (a == 1u || hit(false)); output[g] = n * 2u + u32(c);",
        |a, b| {
            let mut n = 0;
            let mut hit = |x: bool| {
                n += 1;
                x
            };
            let c = a > b && hit(a > 5) || hit(b > 2) && (a == 1 || hit(false));
            n * 2 + u32::from(c)
        },
    );
    does("var i = 0u; while i < 5u && (a >> i) != 0u && b != i { i++; } output[g] = i;", |a, b| {
        let mut i = 0;
        while i < 5 && (a >> i) != 0 && b != i {
            i += 1;
        }
        i
    });
}

#[test]
fn hashes_are_what_they_are() {
    let items = "
fn rotl(x: u32, n: u32) -> u32 { return (x << n) | (x >> (32u - n)); }
fn fmix(h0: u32) -> u32 { var h = h0; h ^= h >> 16u; h *= 0x85ebca6bu; h ^= h >> 13u; h *= 0xc2b2ae35u; \
h ^= h >> 16u; return h; }
fn pcg(v: u32) -> u32 { let s = v * 747796405u + 2891336453u; let w = ((s >> ((s >> 28u) + 4u)) ^ s) * 277803737u; \
return (w >> 22u) ^ w; }
fn mul64(x: u32, y: u32) -> vec2<u32> { return vec2(x * y, mulhi(x, y)); }
fn add64(x: vec2u, y: vec2u) -> vec2u { let l = x.x + y.x; return vec2u(l, x.y + y.y + u32(l < x.x)); }
";
    agree(
        items,
        "output[g] = fmix(a) ^ pcg(b) ^ rotl(a, 13u); let m = add64(mul64(a, b), vec2u(a, b)); output[g] += m.x ^ m.y;",
        |a, b| {
            let fmix = |mut h: u32| {
                h ^= h >> 16;
                h = h.wrapping_mul(0x85ebca6b);
                h ^= h >> 13;
                h = h.wrapping_mul(0xc2b2ae35);
                h ^ (h >> 16)
            };
            let pcg = |v: u32| {
                let s = v.wrapping_mul(747796405).wrapping_add(2891336453);
                let w = ((s >> ((s >> 28) + 4)) ^ s).wrapping_mul(277803737);
                (w >> 22) ^ w
            };
            let m = (u64::from(a) * u64::from(b)).wrapping_add(u64::from(a) | u64::from(b) << 32);
            (fmix(a) ^ pcg(b) ^ rotl(a, 13)).wrapping_add(m as u32 ^ (m >> 32) as u32)
        },
    );
}

#[test]
fn inputs_may_have_a_head_a_length_or_one_value() {
    let source = "
const WINDOW: u32 = 1;
struct Table { count: u32, scale: vec2<u32>, items: array<vec2<u32>> }
@group(0) @binding(0) var<storage, read> table: Table;
@group(0) @binding(1) var<storage, read> fixed: array<u32, 4>;
@group(0) @binding(2) var<storage, read> one: vec2<i32>;
@group(0) @binding(9) var<storage, read_write> output: array<u32, 64>;
@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let item = table.items[id.x];
    output[id.x] = table.count + item.x * table.scale.x + item.y * table.scale.y
        + fixed[id.x] + u32(one.y) + 1000u * arrayLength(&table.items);
}";
    let table = vec![7, 0, 10, 100, 1, 2, 3, 4, 5, 6];
    let inputs = [table, vec![1000, 2000], vec![8, 9]];
    assert_eq!(crate::common::outputs(source, &[], &inputs, 4), [4226, 5446, 3666, 3016]);
    let short = [vec![7, 0, 10], vec![1], vec![8]];
    assert_eq!(crate::common::outputs(source, &[], &short, 1), [8]);
}

#[test]
fn large_kernels_fit() {
    // The compression function of SHA-256, in a loop and with the whole schedule in an array.
    let items = "
fn rotr(x: u32, n: u32) -> u32 { return (x >> n) | (x << (32u - n)); }
fn hash(seed: u32) -> u32 {
    var w: array<u32, 64>;
    for (var i = 0u; i < 16u; i++) { w[i] = seed * (i + 1u); }
    for (var i = 16u; i < 64u; i++) {
        let s0 = rotr(w[i - 15u], 7u) ^ rotr(w[i - 15u], 18u) ^ (w[i - 15u] >> 3u);
        let s1 = rotr(w[i - 2u], 17u) ^ rotr(w[i - 2u], 19u) ^ (w[i - 2u] >> 10u);
        w[i] = w[i - 16u] + s0 + w[i - 7u] + s1;
    }
    var v = array<u32, 8>(1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u);
    for (var i = 0u; i < 64u; i++) {
        let s1 = rotr(v[4], 6u) ^ rotr(v[4], 11u) ^ rotr(v[4], 25u);
        let t1 = v[7] + s1 + ((v[4] & v[5]) ^ (~v[4] & v[6])) + i * 0x9e3779b9u + w[i];
        let s0 = rotr(v[0], 2u) ^ rotr(v[0], 13u) ^ rotr(v[0], 22u);
        let t2 = s0 + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
        for (var k = 7u; k > 0u; k--) { v[k] = v[k - 1u]; }
        v[4] += t1;
        v[0] = t1 + t2;
    }
    return v[0] ^ v[1] ^ v[2] ^ v[3] ^ v[4] ^ v[5] ^ v[6] ^ v[7];
}";
    let hash = |seed: u32| {
        let mut w: Vec<u32> = (1..=16).map(|i| seed.wrapping_mul(i)).collect();
        for i in 16..64 {
            let s0 = w[i - 15].rotate_right(7) ^ w[i - 15].rotate_right(18) ^ (w[i - 15] >> 3);
            let s1 = w[i - 2].rotate_right(17) ^ w[i - 2].rotate_right(19) ^ (w[i - 2] >> 10);
            w.push(w[i - 16].wrapping_add(s0).wrapping_add(w[i - 7]).wrapping_add(s1));
        }
        let mut v = [1u32, 2, 3, 4, 5, 6, 7, 8];
        for i in 0..64u32 {
            let s1 = v[4].rotate_right(6) ^ v[4].rotate_right(11) ^ v[4].rotate_right(25);
            let choice = (v[4] & v[5]) ^ (!v[4] & v[6]);
            let t1 =
                [s1, choice, i.wrapping_mul(0x9e37_79b9), w[i as usize]].iter().fold(v[7], |t, &x| t.wrapping_add(x));
            let s0 = v[0].rotate_right(2) ^ v[0].rotate_right(13) ^ v[0].rotate_right(22);
            let t2 = s0.wrapping_add((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
            v.copy_within(0..7, 1);
            v[4] = v[4].wrapping_add(t1);
            v[0] = t1.wrapping_add(t2);
        }
        v.iter().fold(0, |x, &y| x ^ y)
    };
    let source = with_items(items, "output[g] = hash(a);");
    let compiled = crate::common::compiled(&source);
    // The working variables are in registers, whether or not the schedule is.
    assert!(compiled.statistics.scratch_words <= 64, "{:?}", compiled.statistics);
    let seeds = vec![0, 1, 77, u32::MAX];
    let expected: Vec<u32> = seeds.iter().map(|&seed| hash(seed)).collect();
    assert_eq!(crate::common::run(&compiled.kernel, &[], &[seeds, vec![0]], 4), expected);
}
