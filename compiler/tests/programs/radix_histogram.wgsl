// Histogram of digits.
// invocations: 3
// params: 8 40
// input: 24bd9e93 3c688c4b c638c9ca 63801bf2 b581672 86f6ff96 17802181 90776240 196bb2b4 a8c1c974 e1665865 6031daea 2ddd02b6 d1c73e66 60344bf 576b7da1 d76ee016 da305f2c 1f0c6f07 68508d5 d80caa4d 1d76f9d1 ac6cc64e 7b5f2ea9 d6100535 b243f13d f3d13a7b 48d4a701 943e5a22 4ca44e40 cc7ab32f 16baa014 948f14b ff09f015 c4758a8d 904a896f 82e63e71 876cfe7c b7149706 3d019261 1b538e13 8df13f02 bfbc2a58 1993edb1 ef3f7a40 8da65a44 fa6d693 8cd488cc 5301d7a8 de927b4e 9060d1cf 2e302620 d3fbb249 13cc6858 3dfbf921 ff93d821 2e05910a a55e7a97 3ffdc6eb 7442973b 9db0eded b33aa10a c0e836c4 f14fc8f2 64cb7c6c 40bdcb74 5e129a37 9975c976 658a2d34 f052e38f 59ac3e68 8e7fdffb 6b104fc5 f76060ee 15508f3c 601545c4 80144a61 3c3a447d f91a3a47 edf305c1 69af5117 d7f65919 bf563222 f7934ad9 291e6ca0 6a4f33fa b0dac43a 9182fbfa c190d1df 946f69eb ac81d075 ec86d01c 8460256f af80d1cb 7bd521e9 27fb0f58 a4989173 66ab56fa e5bc175c e336d0f4 263a521c 299f1078 188a543c 7f7a32c3 bf8712c4 7bc6bc8e eaa73d79 b2da00ae 846ac00d f3608d48 716bf4a3 9622c7ea b80a8700 dbacc8f7 2fa4f90e 22e38f40 4471883f c08680b8 32fd7325 2584a43f 95eb0428 83ff8f4a 5099d8f4 ef4e5822 3b785a18 d9fb4ff5 b0ee0daa 89bca033 f413b268 c78f9ef0 4bbdb813 abdfe39e b490b8fa daf48e79 69c78514 9860aae5 da881dc2 95a6a34e 95ab82e9 fbd74f42 44657bc9 e3b05135 37b4f408 4ea67324 5eb811a 44a1c8d7 7abfd4d5 cdd94986 61fbe92f 335c1bac 2c186d80 91e43dd0 5c47c906 3d23a847 52715ad0 7b8b6358 c63244e3 dd222527 24c3a235 6b1d5f02 fdc0754a b292c157 7ac666bf b394c3b1 99581b2e 34ac7eb9 77d2519b 949cc376 d5a91d4c e6d966bc d2555e5e a70376ba 8e9f7f9d 71bf2f0 7b366e94 fe277324 b88062f1 12872361 db4d584b f292fba1 66779722 c87a3b51 bbcc73a3 e1c0fced f5d38680 bbc963d 77a7365a e93045ed 3ac72a03 e417d4f1 3c1a7547 a5f3b3fa
// gives: 3 6 5 1 1 1 6 4 6 5 9 2 1 3 7 4 9 5 4 3 6 3 1 3 4 4 5 2 3 4 1 7 0 4 5 a 4 5 6 1 5 3 3 5 1 4 5 3
const RADIX = 16;
const WINDOW: u32 = RADIX;
struct Params { shift: u32, block: u32 }
@group(0) @binding(0) var<storage, read> keys: array<u32>;
@group(0) @binding(8) var<uniform> params: Params;
@group(0) @binding(9) var<storage, read_write> histograms: array<u32>;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let end = min((id.x + 1) * params.block, arrayLength(&keys));
    for (var i = id.x * params.block; i < end; i++) {
        loop_bound(params.block);
        let digit = extractBits(keys[i], params.shift, 4u);
        histograms[id.x * RADIX + digit]++;
    }
}
