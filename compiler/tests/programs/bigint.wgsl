// Sums and products of 256 bits.
// invocations: 3
// input: 4e4a4f6a ef6de201 b93b8e54 1398aa12 381b3724 c146a389 7d8dd474 313e72a8 1da2fee7 925147db 5f96c801 644bc1f2 b746d6e4 7695df95 23c11b00 c0eaa6f4 584deda9 6521824f e33fc312 1f29a9d5 4110c768 1f2c5349 1f7a35fc 149c59af
// input: 9dd5a943 d99e3ea3 55a0b0a6 a418067b 641f6abd f5acd6d1 36464793 b151ad75 1afb9094 650b153 9e412c9d a8beb003 786a7648 c6f75c81 b0ddfd1 b9387e62 b4af8aa6 7f799eaf 4a6ec74a 5b8aaa46 f5a8513f 75004aff 243725d1 cc790cf4
// gives: ec1ff8ad c90c20a4 edc3efb b7b0b08e 9c3aa1e1 b6f37a5a b3d41c08 e290201d a111c2be c206f60c a5f4d206 4d1e51e5 6386b4da abb95eee a315864e bb303f80 7d918e26 2e9cfa2e 197ddc8 3e568a02 9b8526d6 d970d292 8595bea6 221be366 389e8f7b 98a1f92e fdd7f49e d0a71f5 2fb14d2d 3d8d3c17 2ecefad2 7a232556 341a4d8c 6487c3f1 bb42250 860eb5b0 2f8d762c 218b519 5a7ef851 9f4b31c4 ebf3fc96 12d58587 198d6899 8c1045bd dd1a69d5 6de2ca92 5392fb91 8b942538 cfd784f e49b20ff 2dae8a5c 7ab4541c 36b918a7 942c9e49 43b15bcd e11566a3 8f2c3596 242231f4 dab69e4d 793ec263 fef09700 538e72d6 d408560a 14072272 ab04d096 5ca5dbde f46d9a11 25b8a97 c8946077 8319497a ecff616b 10765668
const LIMBS = 8u;
const WINDOW: u32 = 3 * LIMBS;
struct BigInt { limbs: array<u32, LIMBS> }
@group(0) @binding(0) var<storage, read> xs: array<BigInt>;
@group(0) @binding(1) var<storage, read> ys: array<BigInt>;
@group(0) @binding(9) var<storage, read_write> out: array<u32>;
fn adc(a: u32, b: u32, carry: ptr<function, u32>) -> u32 {
    let s = a + b;
    let r = s + *carry;
    *carry = u32(s < a) | u32(r < s);
    return r;
}
fn big_add(a: BigInt, b: BigInt) -> BigInt {
    var r: BigInt; var carry = 0u;
    for (var i = 0u; i < LIMBS; i++) { r.limbs[i] = adc(a.limbs[i], b.limbs[i], &carry); }
    return r;
}
fn big_mul(a: ptr<function, BigInt>, b: ptr<function, BigInt>, r: ptr<function, array<u32, 16>>) {
    for (var i = 0u; i < LIMBS; i++) {
        var carry = 0u;
        for (var j = 0u; j < LIMBS; j++) {
            let x = (*a).limbs[i]; let y = (*b).limbs[j];
            var lo = x * y; var hi = mulhi(x, y);
            lo += carry; hi += u32(lo < carry);
            let old = (*r)[i + j];
            lo += old; hi += u32(lo < old);
            (*r)[i + j] = lo; carry = hi;
        }
        (*r)[i + LIMBS] = carry;
    }
}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    var a = xs[id.x]; var b = ys[id.x];
    let s = big_add(a, b);
    var p: array<u32, 16>;
    big_mul(&a, &b, &p);
    for (var i = 0u; i < LIMBS; i++) { out[id.x * WINDOW + i] = s.limbs[i]; }
    for (var i = 0u; i < 2u * LIMBS; i++) { out[id.x * WINDOW + LIMBS + i] = p[i]; }
}
