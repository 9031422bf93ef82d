//! Kernels, jobs that run them, what an honest provider would commit, and proofs about it.

use frame_support::dispatch::{DispatchResult, DispatchResultWithPostInfo};
use touchstone_kir::{
    chunk_count, interpret, open, root, Bound, ChunkRange, Instr, Kernel, Module, Op, Opening, Recorder, Slices,
    ViewDecl, IMMEDIATE,
};
use touchstone_primitives::{
    Buffer, Claim, CommitmentId, InstanceContext, JobId, Proof, ProofLimits, Read, Target, Trace,
};

use crate::mock::*;

/// `low | high << 16`, as control instructions hold two indices.
fn pair(low: u32, high: u32) -> u32 {
    low | high << 16
}

fn immediate(op: Op, d: u8, a: u8, imm: u32) -> Instr {
    Instr { op: op as u8 | IMMEDIATE, d, a, b: 0, imm }
}

/// C[m][n] = bias[n] + Σ A[m][k]·B[k][n] over packed int8: input 0 is A by rows, 1 is B by columns, 2 the bias;
/// parameters are n and the words of a row, k / 4.
pub fn matmul_i8() -> Kernel {
    let row = Bound { c: 0, cap: 1 << 20, m: 1, param: Some(1), shift: 0 };
    let groups = Bound { c: 0, cap: 1 << 18, m: 1, param: Some(1), shift: 2 };
    let code = vec![
        Instr::new(Op::Gid, 0, 0, 0, 0),
        Instr::new(Op::Param, 1, 0, 0, 0),
        Instr::new(Op::DivU, 2, 0, 1, 0),
        Instr::new(Op::RemU, 3, 0, 1, 0),
        Instr::new(Op::Param, 4, 0, 1, 0),
        Instr::new(Op::Mul, 5, 2, 4, 0),
        Instr::new(Op::Mul, 6, 3, 4, 0),
        Instr::new(Op::View, 0, 5, 0, 0),
        Instr::new(Op::View, 0, 6, 1, 0),
        Instr::new(Op::Load, 7, 3, 2, 0),
        immediate(Op::ShrU, 5, 5, 2),
        immediate(Op::ShrU, 6, 6, 2),
        Instr::new(Op::Loop, 0, 0, 0, pair(21, 1)),
        Instr::new(Op::Load4View, 8, 5, 0, 0),
        Instr::new(Op::Load4View, 12, 6, 1, 0),
        Instr::new(Op::Dot4AccS, 7, 8, 12, 0),
        Instr::new(Op::Dot4AccS, 7, 9, 13, 0),
        Instr::new(Op::Dot4AccS, 7, 10, 14, 0),
        Instr::new(Op::Dot4AccS, 7, 11, 15, 0),
        immediate(Op::Add, 5, 5, 1),
        immediate(Op::Add, 6, 6, 1),
        Instr::new(Op::EndLoop, 0, 0, 0, pair(12, 1)),
        Instr::new(Op::Ostore, 7, 16, 0, 0),
    ];
    let views = vec![ViewDecl { buffer: 0, bound: 0 }, ViewDecl { buffer: 1, bound: 0 }];
    let module = Module {
        window: 1,
        registers: 17,
        inputs: 3,
        params: 2,
        views,
        bounds: vec![row, groups],
        code,
        ..Default::default()
    };
    Kernel::from_module(module).expect("the kernel is valid")
}

/// The standard kernel of the same layout. Further parameters: multiplier, shift, relu, raw.
pub fn standard_matmul_i8() -> Kernel {
    Kernel::decode(touchstone_kernels::MATMUL_I8.kir).expect("the standard kernel is valid")
}

/// out[2g] = in[g] + in[g + 300], out[2g + 1] = g: reads two chunks, one of them beyond the end for high g.
pub fn far_sum() -> Kernel {
    let code = vec![
        Instr::new(Op::Gid, 0, 0, 0, 0),
        Instr::new(Op::Load, 1, 0, 0, 0),
        Instr::new(Op::Load, 2, 0, 0, 300),
        Instr::new(Op::Add, 1, 1, 2, 0),
        Instr::new(Op::Ostore, 1, 3, 0, 0),
        Instr::new(Op::Ostore, 0, 3, 0, 1),
    ];
    let module = Module { window: 2, registers: 4, inputs: 1, code, ..Default::default() };
    Kernel::from_module(module).expect("the kernel is valid")
}

/// out[g] = params[0] + Σ in[g] over so many inputs.
pub fn sum(inputs: u8) -> Kernel {
    let mut code = vec![Instr::new(Op::Gid, 0, 0, 0, 0), Instr::new(Op::Param, 1, 0, 0, 0)];
    for input in 0..inputs {
        code.push(Instr::new(Op::Load, 2, 0, input, 0));
        code.push(Instr::new(Op::Add, 1, 1, 2, 0));
    }
    code.push(Instr::new(Op::Ostore, 1, 3, 0, 0));
    let module = Module { window: 1, registers: 4, inputs, params: 1, code, ..Default::default() };
    Kernel::from_module(module).expect("the kernel is valid")
}

pub fn bytes(words: impl IntoIterator<Item = u32>) -> Vec<u8> {
    words.into_iter().flat_map(u32::to_le_bytes).collect()
}

/// Bytes without a pattern that a tree could hide behind.
pub fn noise(len: usize, seed: u32) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state
    };
    bytes((0..len / 4).map(|_| next()))
}

/// Opens the last chunk: what shows a length.
pub fn last_chunk(data: &[u8]) -> Opening {
    open(data, &[ChunkRange { first: chunk_count(data.len() as u32) - 1, count: 1 }]).unwrap()
}

/// The result without its post-dispatch weight.
pub fn plain(result: DispatchResultWithPostInfo) -> DispatchResult {
    result.map(drop).map_err(|refusal| refusal.error)
}

/// One step with what it reads. It has one instance.
pub struct Dispatch {
    pub kernel: Kernel,
    pub params: Vec<u32>,
    /// Indices among the job's inputs, then the outputs of earlier steps.
    pub reads: Vec<usize>,
    pub invocations: u32,
}

/// A job with all its data, on the chain and here.
pub struct Scene {
    pub id: JobId,
    pub attempt: u32,
    pub steps: Vec<Dispatch>,
    pub inputs: Vec<Vec<u8>>,
    /// What the provider says the outputs are: a test may corrupt them.
    pub outputs: Vec<Vec<u8>>,
    /// What the provider commits, if it is not the trace of those outputs.
    pub forged: Option<Buffer>,
    pub contexts: Vec<InstanceContext>,
}

impl Scene {
    /// Puts a job on the chain that has no result yet, and executes it honestly.
    pub fn new(inputs: Vec<Vec<u8>>, steps: Vec<Dispatch>) -> Self {
        let id = JobId([7; 32]);
        let mut scene =
            Self { id, attempt: 1, steps: Vec::new(), inputs, outputs: Vec::new(), forged: None, contexts: Vec::new() };
        for step in steps {
            let lengths: Vec<u32> = step.reads.iter().map(|read| scene.buffer(*read).len() as u32).collect();
            let cost = step.kernel.cost(&step.params, &lengths).expect("the step is admitted");
            let read = |index: &usize| match scene.inputs.get(*index) {
                Some(input) => Read::Input(Buffer { root: root(input), len: input.len() as u32 }),
                None => {
                    let instance = (index - scene.inputs.len()) as u32;
                    Read::Output { instance, len: scene.buffer(*index).len() as u32 }
                }
            };
            let context = InstanceContext {
                kernel: step.kernel.hash(),
                params: step.params.clone(),
                reads: step.reads.iter().map(read).collect(),
                invocations: step.invocations,
                output_len: step.invocations * u32::from(step.kernel.window()) * 4,
                fuel: cost.fuel,
                code_bytes: step.kernel.encode().len() as u32,
            };
            let output = scene.execute(&step);
            Table::put_kernel(&step.kernel);
            scene.contexts.push(context);
            scene.outputs.push(output);
            scene.steps.push(step);
        }
        Table::put_job(
            id,
            TestJob {
                attempt: scene.attempt,
                instances: scene.contexts.clone(),
                trace: None,
                window_over: false,
                refuted_by: None,
            },
        );
        scene
    }

    /// One step of [`far_sum`] over 1,024 words, 900 invocations.
    pub fn far_sum() -> Self {
        let step = Dispatch { kernel: far_sum(), params: vec![], reads: vec![0], invocations: 900 };
        Self::new(vec![noise(4096, 1)], vec![step])
    }

    /// Two steps of [`far_sum`]: the second reads the output of the first.
    pub fn chain() -> Self {
        let step = |read, invocations| Dispatch { kernel: far_sum(), params: vec![], reads: vec![read], invocations };
        Self::new(vec![noise(4096, 2)], vec![step(0, 900), step(1, 1500)])
    }

    /// So many steps of [`sum`] over four words: each adds its number to the input, and all but the first the output of
    /// the step before it as well.
    pub fn row(steps: u32) -> Self {
        let step = |number: u32| {
            let reads = match number {
                0 => vec![0],
                // The input is buffer 0: the output of the step before has the number of this one.
                _ => vec![0, number as usize],
            };
            Dispatch { kernel: sum(reads.len() as u8), params: vec![number], reads, invocations: 4 }
        };
        Self::new(vec![noise(16, 3)], (0..steps).map(step).collect())
    }

    /// So many steps of [`sum`]: all but the last add their number to four words, and the last adds these of their
    /// outputs.
    pub fn fan_in(steps: u32, earlier: &[u32]) -> Self {
        let kernel = sum(1);
        let step = |number| Dispatch { kernel: kernel.clone(), params: vec![number], reads: vec![0], invocations: 4 };
        let last = Dispatch {
            kernel: sum(earlier.len() as u8),
            params: vec![0],
            reads: earlier.iter().map(|instance| 1 + *instance as usize).collect(),
            invocations: 4,
        };
        Self::new(vec![noise(16, 4)], (0..steps - 1).map(step).chain([last]).collect())
    }

    fn buffer(&self, index: usize) -> &[u8] {
        match self.inputs.get(index) {
            Some(input) => input,
            None => &self.outputs[index - self.inputs.len()],
        }
    }

    fn execute(&self, step: &Dispatch) -> Vec<u8> {
        let buffers: Vec<&[u8]> = step.reads.iter().map(|read| self.buffer(*read)).collect();
        let lengths: Vec<u32> = buffers.iter().map(|buffer| buffer.len() as u32).collect();
        let run = |g| {
            interpret(&step.kernel, &step.params, &lengths, g, &mut Slices(&buffers), u64::MAX).expect("all is at hand")
        };
        bytes((0..step.invocations).flat_map(run))
    }

    /// Adds one to a word of an output.
    pub fn corrupt(&mut self, step: usize, word: usize) {
        self.outputs[step][word * 4] ^= 1;
    }

    pub fn word(&self, step: usize, word: usize) -> u32 {
        u32::from_le_bytes(self.outputs[step][word * 4..word * 4 + 4].try_into().unwrap())
    }

    /// The trace of the outputs as they are here.
    pub fn trace(&self) -> Trace {
        Trace::new(self.outputs.iter().map(|output| root(output)).collect())
    }

    /// What the provider commits.
    pub fn committed(&self) -> Buffer {
        self.forged.unwrap_or_else(|| self.trace().buffer())
    }

    pub fn commitment(&self) -> CommitmentId {
        CommitmentId::new(&self.id, self.attempt, &PROVIDER, &self.committed())
    }

    /// Commits the outputs as they are here, or what is forged.
    pub fn commit(&self) {
        Table::change(&self.id, |job| job.trace = Some(self.committed()));
    }

    pub fn claim(&self, instance: u32, word: u32) -> Claim {
        Claim { job: self.id, commitment: self.commitment(), instance, word }
    }

    pub fn limits(&self, instance: u32) -> ProofLimits {
        let context = &self.contexts[instance as usize];
        ProofLimits { fuel: context.fuel, code_bytes: context.code_bytes }
    }

    /// Opens what a proof about this word has to open, of the buffers as the provider has them.
    pub fn prove(&self, instance: u32, word: u32) -> Proof {
        let dispatch = &self.steps[instance as usize];
        let buffers: Vec<&[u8]> = dispatch.reads.iter().map(|read| self.buffer(*read)).collect();
        let lengths: Vec<u32> = buffers.iter().map(|buffer| buffer.len() as u32).collect();
        let mut reader = Recorder::new(Slices(&buffers));
        let invocation = word / u32::from(dispatch.kernel.window());
        interpret(&dispatch.kernel, &dispatch.params, &lengths, invocation, &mut reader, u64::MAX).unwrap();
        let opening = |(buffer, index): (&&[u8], u8)| open(buffer, &reader.ranges(index)).unwrap();
        let earlier = dispatch.reads.iter().filter_map(|read| read.checked_sub(self.inputs.len()));
        let instances = std::iter::once(instance).chain(earlier.map(|step| step as u32));
        Proof {
            trace: self.trace().open(instances).unwrap(),
            output: open(&self.outputs[instance as usize], &[ChunkRange { first: word / 256, count: 1 }]).unwrap(),
            reads: buffers.iter().zip(0..).map(opening).collect(),
        }
    }

    pub fn refute(&self, instance: u32, word: u32) -> DispatchResult {
        self.refute_with(instance, word, self.prove(instance, word))
    }

    pub fn refute_with(&self, instance: u32, word: u32, proof: Proof) -> DispatchResult {
        let limits = self.limits(instance);
        plain(Disputes::refute(RuntimeOrigin::signed(WATCHER), self.claim(instance, word), limits, Box::new(proof)))
    }

    /// The output of an instance, with its root in the trace.
    pub fn target(&self, instance: u32) -> Target {
        Target::Output { instance, trace: self.trace().open([instance]).unwrap() }
    }

    pub fn refute_length(&self, target: Target, len: u32, opening: Opening) -> DispatchResult {
        let who = RuntimeOrigin::signed(WATCHER);
        plain(Disputes::refute_length(who, self.id, self.commitment(), target, len, opening))
    }
}
