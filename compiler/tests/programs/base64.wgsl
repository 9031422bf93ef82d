// Base64 (RFC 4648).
// invocations: 3
// input: c890fccf 366d5622 d618ac44 588cee61 afd6e1ea fcc47c88 b9103c88 2b22150a 3689e92a
// gives: 51792f7a 574a4379 455a5462 576a4272 4d366559 68724f57 492b7131 38544d66 51774469 566f5175 71736949 326b5936
const WINDOW: u32 = 4;
@group(0) @binding(0) var<storage, read> bytes: array<u32>;
@group(0) @binding(9) var<storage, read_write> text: array<u32>;
const ALPHABET = array<u32, 16>(1145258561u,1212630597u,1280002633u,1347374669u,1414746705u,1482118741u,1650547289u,1717920867u,1785292903u,1852664939u,1920036975u,1987409011u,2054781047u,858927408u,926299444u,791361848u);
fn at(i: u32) -> u32 { return (bytes[i / 4u] >> ((i % 4u) * 8u)) & 255u; }
fn symbol(x: u32) -> u32 { return (ALPHABET[x >> 2] >> ((x & 3) << 3)) & 0xff; }
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    // 12 bytes to 16 symbols
    let start = id.x * 12;
    for (var i = 0u; i < 4; i++) {
        let b = (at(start + 3 * i) << 16) | (at(start + 3 * i + 1) << 8) | at(start + 3 * i + 2);
        var w = 0u;
        for (var k = 0u; k < 4; k++) { w |= symbol((b >> (18 - 6 * k)) & 63) << (8 * k); }
        text[id.x * 4 + i] = w;
    }
}
