// MD5 of 16 bytes (RFC 1321); expected: hashlib.
// invocations: 3
// input: 2265b1f5 91b7584a d8f16adf cd613e30 c386bbc4 1027c4d1 414c343c 1e2feb89 7ed4d57b c2ce6f44 7311d8a3 78e51061
// gives: f7782b36 80e7724e 34718bcc 418ca2a4 a74c0a20 82d1b630 315bb491 b638f841 9b34347e 40942606 32e07252 1e58825c
const WINDOW: u32 = 4;
const K = array<u32, 64>(0xd76aa478u, 0xe8c7b756u, 0x242070dbu, 0xc1bdceeeu, 0xf57c0fafu, 0x4787c62au, 0xa8304613u, 0xfd469501u, 0x698098d8u, 0x8b44f7afu, 0xffff5bb1u, 0x895cd7beu, 0x6b901122u, 0xfd987193u, 0xa679438eu, 0x49b40821u, 0xf61e2562u, 0xc040b340u, 0x265e5a51u, 0xe9b6c7aau, 0xd62f105du, 0x02441453u, 0xd8a1e681u, 0xe7d3fbc8u, 0x21e1cde6u, 0xc33707d6u, 0xf4d50d87u, 0x455a14edu, 0xa9e3e905u, 0xfcefa3f8u, 0x676f02d9u, 0x8d2a4c8au, 0xfffa3942u, 0x8771f681u, 0x6d9d6122u, 0xfde5380cu, 0xa4beea44u, 0x4bdecfa9u, 0xf6bb4b60u, 0xbebfbc70u, 0x289b7ec6u, 0xeaa127fau, 0xd4ef3085u, 0x04881d05u, 0xd9d4d039u, 0xe6db99e5u, 0x1fa27cf8u, 0xc4ac5665u, 0xf4292244u, 0x432aff97u, 0xab9423a7u, 0xfc93a039u, 0x655b59c3u, 0x8f0ccc92u, 0xffeff47du, 0x85845dd1u, 0x6fa87e4fu, 0xfe2ce6e0u, 0xa3014314u, 0x4e0811a1u, 0xf7537e82u, 0xbd3af235u, 0x2ad7d2bbu, 0xeb86d391u);
const S = array<u32, 16>(7u, 12u, 17u, 22u, 5u, 9u, 14u, 20u, 4u, 11u, 16u, 23u, 6u, 10u, 15u, 21u);
@group(0) @binding(0) var<storage, read> messages: array<u32>;
@group(0) @binding(9) var<storage, read_write> digests: array<u32>;
fn leftrotate(x: u32, c: u32) -> u32 { return (x << c) | (x >> (32u - c)); }
@compute @workgroup_size(256)
fn md5(@builtin(global_invocation_id) gid: vec3<u32>) {
    let idx = gid.x;
    var block: array<u32, 16>;
    for (var i: u32 = 0u; i < 4u; i = i + 1u) { block[i] = messages[idx * 4u + i]; }
    block[4] = 0x80u;
    block[14] = 128u;
    var a0: u32 = 0x67452301u; var b0: u32 = 0xefcdab89u; var c0: u32 = 0x98badcfeu; var d0: u32 = 0x10325476u;
    var A = a0; var B = b0; var C = c0; var D = d0;
    for (var i = 0u; i < 64u; i++) {
        var F: u32; var g: u32;
        if (i < 16u) { F = (B & C) | ((~B) & D); g = i; }
        else if (i < 32u) { F = (D & B) | ((~D) & C); g = (5u * i + 1u) % 16u; }
        else if (i < 48u) { F = B ^ C ^ D; g = (3u * i + 5u) % 16u; }
        else { F = C ^ (B | (~D)); g = (7u * i) % 16u; }
        F = F + A + K[i] + block[g];
        A = D; D = C; C = B;
        B = B + leftrotate(F, S[(i / 16u) * 4u + (i % 4u)]);
    }
    digests[idx * 4u + 0u] = a0 + A;
    digests[idx * 4u + 1u] = b0 + B;
    digests[idx * 4u + 2u] = c0 + C;
    digests[idx * 4u + 3u] = d0 + D;
}
