// Primes below 2^32.
// invocations: b
// input: 2 3 4 231 10001 f4243 fffffffb ffffffff 7fffffff bfa17dc7 1
// gives: 1 1 0 0 1 1 1 0 1 0 0
const WINDOW: u32 = 1;
@group(0) @binding(0) var<storage, read> numbers: array<u32>;
@group(0) @binding(9) var<storage, read_write> prime: array<u32>;
// (hi·2³² + lo) mod m, bit by bit
fn mod64(hi: u32, lo: u32, m: u32) -> u32 {
    var r = hi % m;
    for (var i = 31i; i >= 0; i--) {
        let carry = r >> 31u;
        r = (r << 1u) | ((lo >> u32(i)) & 1u);
        if carry == 1u || r >= m { r -= m; }
    }
    return r;
}
fn mulmod(a: u32, b: u32, m: u32) -> u32 { return mod64(mulhi(a, b), a * b, m); }
fn powmod(base: u32, exponent: u32, m: u32) -> u32 {
    var result = 1u; var b = base % m; var e = exponent;
    while e > 0u {
        if (e & 1u) != 0u { result = mulmod(result, b, m); }
        b = mulmod(b, b, m);
        e >>= 1u;
    }
    return result;
}
fn witness(a: u32, n: u32, d: u32, s: u32) -> bool {
    var x = powmod(a, d, n);
    if x == 1u || x == n - 1u { return false; }
    for (var r = 1u; r < s; r++) {
        loop_bound(32u);
        x = mulmod(x, x, n);
        if x == n - 1u { return false; }
    }
    return true;
}
fn is_prime(n: u32) -> bool {
    const WITNESSES = array(2u, 7u, 61u);
    if n < 2u { return false; }
    if n % 2u == 0u { return n == 2u; }
    let s = countTrailingZeros(n - 1u);
    let d = (n - 1u) >> s;
    for (var i = 0; i < 3; i++) {
        let a = WITNESSES[i];
        if a % n == 0u { continue; }
        if witness(a % n, n, d, s) { return false; }
    }
    return true;
}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) { prime[id.x] = u32(is_prime(numbers[id.x])); }
