// SHA3-256 of 32 bytes (FIPS 202); expected: hashlib.
// invocations: 3
// input: 64c2f2e3 a5ac06d8 2b9c014e 2b28fef0 8092b4d4 3a1890c7 fb695ffb 326324d c541013d 33138131 8a245e6b eb8ac8ce dc3bf364 8c5fe8f8 3b6fe507 678a5aa3 83868a29 5804f922 f3d4e711 d8f33418 93ea5c4e 5a702cfa 7589a82b e8e5b461
// gives: f22d9c8d b5db0bd3 4275912e bc374175 c8517a90 a6e0b67f 9d6c6dc7 61a6ed72 7b34baca 337be63a f119ff9f 22e7f6d3 675aa04d c5e087d7 22bd09c e725bf75 46c457ca 68c216c3 c03b883b 5c7887b1 d7296991 44f20c6 88d0f0f9 c9dd913e
const WINDOW: u32 = 8;
@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(9) var<storage, read_write> digest: array<u32>;
const ROUNDS: u32 = 24u;
const RC = array<vec2<u32>, 24>(vec2<u32>(0x00000001u, 0x00000000u), vec2<u32>(0x00008082u, 0x00000000u), vec2<u32>(0x0000808au, 0x80000000u), vec2<u32>(0x80008000u, 0x80000000u), vec2<u32>(0x0000808bu, 0x00000000u), vec2<u32>(0x80000001u, 0x00000000u), vec2<u32>(0x80008081u, 0x80000000u), vec2<u32>(0x00008009u, 0x80000000u), vec2<u32>(0x0000008au, 0x00000000u), vec2<u32>(0x00000088u, 0x00000000u), vec2<u32>(0x80008009u, 0x00000000u), vec2<u32>(0x8000000au, 0x00000000u), vec2<u32>(0x8000808bu, 0x00000000u), vec2<u32>(0x0000008bu, 0x80000000u), vec2<u32>(0x00008089u, 0x80000000u), vec2<u32>(0x00008003u, 0x80000000u), vec2<u32>(0x00008002u, 0x80000000u), vec2<u32>(0x00000080u, 0x80000000u), vec2<u32>(0x0000800au, 0x00000000u), vec2<u32>(0x8000000au, 0x80000000u), vec2<u32>(0x80008081u, 0x80000000u), vec2<u32>(0x00008080u, 0x80000000u), vec2<u32>(0x80000001u, 0x00000000u), vec2<u32>(0x80008008u, 0x80000000u));
const ROTC = array<u32, 24>(1u,3u,6u,10u,15u,21u,28u,36u,45u,55u,2u,14u,27u,41u,56u,8u,25u,43u,62u,18u,39u,61u,20u,44u);
const PILN = array<u32, 24>(10u,7u,11u,17u,18u,3u,5u,16u,8u,21u,24u,4u,15u,23u,19u,13u,12u,2u,20u,14u,22u,9u,6u,1u);
fn rotl64(v: vec2<u32>, n: u32) -> vec2<u32> {
    if n == 0u { return v; }
    if n == 32u { return v.yx; }
    if n < 32u { return (v << vec2(n)) | (v.yx >> vec2(32u - n)); }
    let m = n - 32u;
    return (v.yx << vec2(m)) | (v >> vec2(32u - m));
}
fn keccakf(st: ptr<function, array<vec2<u32>, 25>>) {
    var bc: array<vec2<u32>, 5>;
    for (var r = 0u; r < ROUNDS; r++) {
        for (var i = 0u; i < 5u; i++) { bc[i] = (*st)[i] ^ (*st)[i + 5u] ^ (*st)[i + 10u] ^ (*st)[i + 15u] ^ (*st)[i + 20u]; }
        for (var i = 0u; i < 5u; i++) {
            let t = bc[(i + 4u) % 5u] ^ rotl64(bc[(i + 1u) % 5u], 1u);
            for (var j = 0u; j < 25u; j += 5u) { (*st)[j + i] ^= t; }
        }
        var t = (*st)[1];
        for (var i = 0u; i < 24u; i++) {
            let j = PILN[i];
            bc[0] = (*st)[j];
            (*st)[j] = rotl64(t, ROTC[i]);
            t = bc[0];
        }
        for (var j = 0u; j < 25u; j += 5u) {
            for (var i = 0u; i < 5u; i++) { bc[i] = (*st)[j + i]; }
            for (var i = 0u; i < 5u; i++) { (*st)[j + i] ^= ~bc[(i + 1u) % 5u] & bc[(i + 2u) % 5u]; }
        }
        (*st)[0] ^= RC[r];
    }
}
@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) global_id: vec3<u32>) {
    var state: array<vec2<u32>, 25>;
    let start = global_id.x * 8u;
    for (var i = 0u; i < 4u; i++) { state[i] = vec2<u32>(input[start + 2u * i], input[start + 2u * i + 1u]); }
    state[4] ^= vec2<u32>(6u, 0u);
    state[16].y ^= 0x80000000u;
    keccakf(&state);
    for (var i = 0u; i < 4u; i++) {
        digest[start + 2u * i] = state[i].x;
        digest[start + 2u * i + 1u] = state[i].y;
    }
}
