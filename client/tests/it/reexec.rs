//! Re-execution and proofs, with kernels made by hand and the kernel crate as the judge.

use std::sync::{
    atomic::{AtomicBool, AtomicU64, Ordering},
    Arc, Mutex,
};

use touchstone_client::{
    reexec::{self, Extent, FileBuffer, ReexecError, Reexecution, WrongWord},
    shown::Shown,
};
use touchstone_kir::{
    interpret, limits::MAX_FUEL, root, verify, Instr, Kernel, Module, Node, Op, OpenedInputs, Opening, Reveal,
    CHUNK_WORDS,
};
use touchstone_primitives::{
    chunks_of, root_in, Buffer, Input, JobSpec, Matching, Proof, ProofLimits, Source, Step, Trace,
};

const INVOCATIONS: u32 = 700;
const FAR: u32 = 300;
const ADDED: u32 = 41;

/// Two words for each invocation g: `a[g] + p` and `b[300·g]`.
fn gather() -> Kernel {
    Kernel::from_module(Module {
        window: 2,
        registers: 6,
        inputs: 2,
        params: 1,
        code: vec![
            Instr::new(Op::Gid, 0, 0, 0, 0),
            Instr::new(Op::Load, 1, 0, 0, 0),
            Instr::new(Op::Param, 2, 0, 0, 0),
            Instr::new(Op::Add, 3, 1, 2, 0),
            Instr::new(Op::Ostore, 3, 4, 0, 0),
            Instr::binary_imm(Op::Mul, 5, 0, FAR),
            Instr::new(Op::Load, 5, 5, 1, 0),
            Instr::new(Op::Ostore, 5, 4, 0, 1),
        ],
        ..Module::default()
    })
    .unwrap()
}

/// One word for each invocation g: `x[2·g] ^ x[2·g + 1]`. Reads one of its two inputs only.
fn fold() -> Kernel {
    Kernel::from_module(Module {
        window: 1,
        registers: 5,
        inputs: 2,
        code: vec![
            Instr::new(Op::Gid, 0, 0, 0, 0),
            Instr::binary_imm(Op::Shl, 1, 0, 1),
            Instr::new(Op::Load, 2, 1, 0, 0),
            Instr::new(Op::Load, 3, 1, 0, 1),
            Instr::new(Op::Xor, 2, 2, 3, 0),
            Instr::new(Op::Ostore, 2, 4, 0, 0),
        ],
        ..Module::default()
    })
    .unwrap()
}

fn bytes(words: impl IntoIterator<Item = u32>) -> Vec<u8> {
    words.into_iter().flat_map(u32::to_le_bytes).collect()
}

/// A job of two steps with its buffers: inputs a and b, outputs of `gather` and `fold`. All right.
struct Scene {
    spec: JobSpec,
    kernels: Vec<Vec<u8>>,
    buffers: Vec<Vec<u8>>,
}

impl Scene {
    fn new() -> Self {
        let a: Vec<u32> = (0..INVOCATIONS).map(|i| i.wrapping_mul(2_654_435_761)).collect();
        let b: Vec<u32> = (0..INVOCATIONS * FAR).map(|i| !i).collect();
        let gathered: Vec<u32> =
            (0..INVOCATIONS).flat_map(|g| [a[g as usize].wrapping_add(ADDED), b[(g * FAR) as usize]]).collect();
        let folded: Vec<u32> = gathered.chunks(2).map(|pair| pair[0] ^ pair[1]).collect();
        let buffers = vec![bytes(a), bytes(b), bytes(gathered), bytes(folded)];
        let input = |bytes: &Vec<u8>| Input {
            buffer: Buffer { root: root(bytes), len: bytes.len() as u32 },
            source: Source::Put,
        };
        let step = |kernel: &Kernel, reads: [u8; 2], params: Vec<u32>| Step {
            kernel: kernel.hash(),
            reads: reads.to_vec().try_into().unwrap(),
            invocations: INVOCATIONS,
            params: params.try_into().unwrap(),
        };
        let spec = JobSpec {
            inputs: vec![input(&buffers[0]), input(&buffers[1])].try_into().unwrap(),
            steps: vec![step(&gather(), [0, 1], vec![ADDED]), step(&fold(), [2, 0], vec![])].try_into().unwrap(),
            matching: Matching::Instant,
            class: None,
            asset: None,
            ceiling: 1,
            deadline: 1,
            min_collateral: 0,
        };
        Self { spec, kernels: vec![gather().encode(), fold().encode()], buffers }
    }

    /// Changes one word of a buffer.
    fn corrupt(mut self, buffer: usize, word: u32) -> Self {
        self.buffers[buffer][word as usize * 4 + 1] ^= 0x80;
        self
    }

    fn slices(&self) -> Vec<Option<&[u8]>> {
        self.buffers.iter().map(|bytes| Some(&bytes[..])).collect()
    }

    fn reexecution(&self) -> Reexecution<'_> {
        Reexecution::new(&self.spec, &self.kernels, &self.slices()).unwrap()
    }

    /// The roots of the outputs, as a provider commits them.
    fn trace(&self) -> Trace {
        Trace::new(self.buffers.iter().skip(self.spec.inputs.len()).map(|output| root(output)).collect())
    }

    fn prove(&self, step: u8, word: u32) -> Result<(ProofLimits, Proof), ReexecError> {
        self.reexecution().prove(&self.trace(), step, word)
    }

    /// What the chain does with a proof: verify all openings, run the one invocation over them, compare the word.
    fn judge(&self, step: usize, word: u32, limits: ProofLimits, proof: &Proof) -> Option<(u32, u32)> {
        let kernel = Kernel::decode(&self.kernels[step]).unwrap();
        let spec = &self.spec.steps[step];
        let buffers: Vec<&Vec<u8>> = spec.reads.iter().map(|read| &self.buffers[*read as usize]).collect();
        let lengths: Vec<u32> = buffers.iter().map(|bytes| bytes.len() as u32).collect();
        assert_eq!(limits.fuel, kernel.cost(&spec.params, &lengths).unwrap().fuel);
        assert_eq!(limits.code_bytes as usize, self.kernels[step].len());
        assert_eq!(proof.reads.len(), buffers.len());
        // The trace shows the roots of the outputs, in exactly the chunks that hold them.
        let committed = self.trace().buffer();
        let inputs = self.spec.inputs.len();
        let earlier = spec.reads.iter().filter_map(|read| usize::from(*read).checked_sub(inputs));
        let instances: Vec<u32> = earlier.chain([step]).map(|step| step as u32).collect();
        assert_eq!(proof.trace.ranges, chunks_of(instances.iter().copied()));
        let trace = verify(&proof.trace, &committed.root, committed.len).unwrap();
        let root_of = |read: usize| match self.spec.inputs.get(read) {
            Some(input) => input.buffer.root,
            None => root_in(&trace, (read - inputs) as u32).unwrap(),
        };
        let opened = proof
            .reads
            .iter()
            .zip(spec.reads.iter().zip(&buffers))
            .map(|(opening, (read, bytes))| verify(opening, &root_of((*read).into()), bytes.len() as u32).unwrap())
            .collect();
        let invocation = word / u32::from(kernel.window());
        let window =
            interpret(&kernel, &spec.params, &lengths, invocation, &mut OpenedInputs::new(opened), MAX_FUEL).unwrap();
        let output = &self.buffers[inputs + step];
        let output = verify(&proof.output, &root_of(inputs + step), output.len() as u32).unwrap();
        assert_eq!(proof.output.ranges.len(), 1);
        assert_eq!(proof.output.ranges[0].first, word / CHUNK_WORDS);
        assert_eq!(proof.output.ranges[0].count, 1);
        let (committed, computed) = (output.word(word).unwrap(), window[word as usize % window.len()]);
        (committed != computed).then_some((committed, computed))
    }
}

#[test]
fn a_right_job_has_no_wrong_word() {
    let scene = Scene::new();
    for step in [0, 1] {
        assert_eq!(scene.reexecution().check(step, Extent::All, |_| {}).unwrap(), None);
    }
}

#[test]
fn every_invocation_of_the_extent_is_executed_once() {
    let scene = Scene::new();
    let calls = AtomicU64::new(0);
    for (extent, expected) in [
        (Extent::All, 700),
        (Extent::Sample { count: 50, seed: 3 }, 50),
        (Extent::Sample { count: 9_000, seed: 3 }, 700),
    ] {
        calls.store(0, Ordering::SeqCst);
        scene
            .reexecution()
            .check(0, extent, |_| {
                calls.fetch_add(1, Ordering::SeqCst);
            })
            .unwrap();
        assert_eq!(calls.load(Ordering::SeqCst), expected, "{extent:?}");
    }
}

#[test]
fn a_check_that_is_stopped_says_so_and_is_not_a_verdict() {
    let scene = Scene::new();
    let stop = Arc::new(AtomicBool::new(false));
    let reexecution = scene.reexecution().stopped_by(stop.clone());
    let calls = AtomicU64::new(0);
    let stopped = reexecution.check(0, Extent::All, |_| {
        calls.fetch_add(1, Ordering::SeqCst);
        stop.store(true, Ordering::SeqCst);
    });
    assert!(matches!(stopped, Err(ReexecError::Stopped)), "{stopped:?}");
    assert!(calls.load(Ordering::SeqCst) < 700);
}

#[test]
fn one_wrong_word_anywhere_is_found() {
    for (step, buffer, word) in [(0, 2, 0), (0, 2, 1), (0, 2, 1399), (1, 3, 0), (1, 3, 699)] {
        let scene = Scene::new().corrupt(buffer, word);
        let found = scene.reexecution().check(step, Extent::All, |_| {}).unwrap().unwrap();
        assert_eq!((found.step, found.word), (step, word));
        assert_eq!(found.committed ^ found.computed, 0x8000);
    }
}

#[test]
fn buffers_in_files_give_the_same_verdicts_and_proofs_as_in_memory() {
    for scene in [Scene::new(), Scene::new().corrupt(2, 1399), Scene::new().corrupt(3, 699)] {
        let folder = tempfile::tempdir().unwrap();
        let file = |(number, bytes): (usize, &Vec<u8>)| {
            let path = folder.path().join(number.to_string());
            std::fs::write(&path, bytes).unwrap();
            FileBuffer::open(&path).unwrap()
        };
        let files: Vec<FileBuffer> = scene.buffers.iter().enumerate().map(file).collect();
        let buffers: Vec<Option<&FileBuffer>> = files.iter().map(Some).collect();
        // With next to no memory: pages are read again and again.
        let in_files = Reexecution::new(&scene.spec, &scene.kernels, &buffers).unwrap().with_cache(1);
        for step in [0, 1] {
            let found = scene.reexecution().check(step, Extent::All, |_| {}).unwrap();
            assert_eq!(in_files.check(step, Extent::All, |_| {}).unwrap(), found);
            if let Some(wrong) = found {
                assert_eq!(in_files.word(step, wrong.word).unwrap(), wrong);
                let proof = in_files.prove(&scene.trace(), step, wrong.word).unwrap();
                assert_eq!(proof, scene.prove(step, wrong.word).unwrap());
            }
        }
    }
}

#[test]
fn steps_are_judged_by_the_buffers_that_were_committed() {
    // The output of step 0 is wrong, and step 1 did its part on the wrong words: step 1 is right.
    let mut scene = Scene::new().corrupt(2, 10);
    let folded = scene.reexecution().invoke(1, 5).unwrap();
    scene.buffers[3][20..24].copy_from_slice(&folded[0].to_le_bytes());
    assert!(scene.reexecution().check(0, Extent::All, |_| {}).unwrap().is_some());
    assert_eq!(scene.reexecution().check(1, Extent::All, |_| {}).unwrap(), None);
}

#[test]
fn a_sample_is_reproducible_by_its_seed() {
    let scene = Scene::new().corrupt(2, 800);
    let found = |seed| {
        scene.reexecution().check(0, Extent::Sample { count: 350, seed }, |_| {}).unwrap().map(|wrong| wrong.word)
    };
    let first: Vec<_> = (0..20).map(found).collect();
    let again: Vec<_> = (0..20).map(found).collect();
    assert_eq!(first, again);
    // Half of the invocations are drawn: of twenty seeds some meet the wrong one and some do not.
    assert!(first.contains(&Some(800)) && first.contains(&None), "{first:?}");
}

#[test]
fn the_judge_accepts_the_proof_of_a_wrong_word() {
    for (step, buffer, word) in [(0, 2, 901), (0, 2, 0), (1, 3, 255), (1, 3, 256), (1, 3, 699)] {
        let scene = Scene::new().corrupt(buffer, word);
        let wrong = scene.reexecution().word(step, word).unwrap();
        let (limits, proof) = scene.prove(step, word).unwrap();
        let judged = scene.judge(step as usize, word, limits, &proof);
        assert_eq!(judged, Some((wrong.committed, wrong.computed)), "step {step}, word {word}");
    }
}

#[test]
fn the_judge_accepts_the_proof_of_a_word_that_answers_have_shown() {
    let scene = Scene::new().corrupt(2, 901);
    let output = &scene.buffers[2];
    let mut shown = Shown::new(Buffer { root: root(output), len: output.len() as u32 });
    shown.learn(Node::top(output.len() as u32), &Reveal::Bytes(output.clone())).unwrap();
    let input = |buffer: usize| Some(reexec::Buffer::from(scene.buffers[buffer].as_slice()));
    let buffers = [input(0), input(1), Some(reexec::Buffer::from(&shown)), None];
    let reexecution = Reexecution::new(&scene.spec, &scene.kernels, &buffers).unwrap();
    let wrong = reexecution.word(0, 901).unwrap();
    let trace = scene.trace();
    let (limits, proof) =
        reexecution.prove_with(0, 901, |instances| Ok(trace.open(instances.iter().copied())?)).unwrap();
    assert_eq!(scene.judge(0, 901, limits, &proof), Some((wrong.committed, wrong.computed)));
    let error = reexecution.prove_with(0, 901, |_| Err(ReexecError::NoRoots)).unwrap_err().to_string();
    assert_eq!(error, "the part of the trace with the roots that the proof needs is not known");
}

#[test]
fn what_is_executed_on_all_cores_is_the_output_of_the_step() {
    let scene = Scene::new();
    for step in [0u8, 1] {
        let expected = &scene.buffers[2 + usize::from(step)];
        let output = Mutex::new(vec![0xaa; expected.len()]);
        let write = |start: u64, bytes: &[u8]| {
            output.lock().unwrap()[start as usize..][..bytes.len()].copy_from_slice(bytes);
            Ok(())
        };
        scene.reexecution().execute(step, write).unwrap();
        assert_eq!(&output.into_inner().unwrap(), expected, "step {step}");
    }
    let full = scene.reexecution().execute(1, |_, _| Err(std::io::ErrorKind::StorageFull.into())).unwrap_err();
    assert!(matches!(full, ReexecError::Write { step: 1, .. }), "{full}");
}

#[test]
fn the_judge_refuses_the_proof_of_a_right_word() {
    let scene = Scene::new();
    let (limits, proof) = scene.prove(0, 77).unwrap();
    assert_eq!(scene.judge(0, 77, limits, &proof), None);
}

#[test]
fn a_proof_opens_what_the_invocation_reads_and_no_more() {
    let scene = Scene::new().corrupt(2, 1201);
    let (_, proof) = scene.prove(0, 1201).unwrap();
    let chunks = |opening: &Opening| opening.ranges.iter().map(|range| (range.first, range.count)).collect::<Vec<_>>();
    assert_eq!(chunks(&proof.reads[0]), [(600 / CHUNK_WORDS, 1)]);
    assert_eq!(chunks(&proof.reads[1]), [(600 * FAR / CHUNK_WORDS, 1)]);

    // The second input of `fold` is not read: its opening is empty.
    let (_, proof) = scene.prove(1, 3).unwrap();
    assert_eq!(proof.reads[1], Opening::default());
}

#[test]
fn a_proof_opens_each_chunk_of_the_trace_once_whose_roots_it_needs() {
    let scene = Scene::new().corrupt(3, 3);
    // The trace of a job of two steps has one chunk, with the roots of the output and of the one that is read.
    let (_, proof) = scene.prove(1, 3).unwrap();
    assert_eq!(proof.trace, scene.trace().open([0, 1]).unwrap());
    assert_eq!(proof.trace.ranges.len(), 1);
    // A trace that has no root of the step is not the job's.
    let error = scene.reexecution().prove(&Trace::default(), 1, 3).unwrap_err();
    assert!(matches!(error, ReexecError::Open(_)), "{error}");
}

#[test]
fn a_word_is_given_as_committed_and_as_computed() {
    let right = Scene::new().reexecution().word(1, 8).unwrap();
    let wrong = Scene::new().corrupt(3, 8).reexecution().word(1, 8).unwrap();
    assert_eq!(right.committed, right.computed);
    assert_eq!(wrong, WrongWord { committed: right.computed ^ 0x8000, ..right });
}

#[test]
fn words_and_steps_that_do_not_exist_say_how_many_there_are() {
    let scene = Scene::new();
    let error = scene.reexecution().word(0, 1400).unwrap_err();
    assert_eq!(error.to_string(), "the output of step 0 has no word 1400: its words are numbered from 0 to 1399");
    let error = scene.prove(1, 700).unwrap_err();
    assert!(matches!(error, ReexecError::NoSuchWord { step: 1, word: 700, words: 700 }), "{error}");
    let error = scene.reexecution().check(2, Extent::All, |_| {}).unwrap_err();
    assert_eq!(error.to_string(), "the job has no step 2: its steps are numbered from 0 to 1");
}

#[test]
fn only_the_steps_that_need_a_missing_buffer_fail() {
    let scene = Scene::new();
    let mut slices = scene.slices();
    slices[1] = None;
    let reexecution = Reexecution::new(&scene.spec, &scene.kernels, &slices).unwrap();
    let error = reexecution.check(0, Extent::All, |_| {}).unwrap_err();
    assert!(matches!(error, ReexecError::NoBuffer { buffer: 1 }), "{error}");
    assert_eq!(reexecution.check(1, Extent::All, |_| {}).unwrap(), None);
}

#[test]
fn a_buffer_of_another_length_is_refused() {
    let scene = Scene::new();
    let mut slices = scene.slices();
    slices[3] = slices[3].map(|bytes| &bytes[4..]);
    let error = Reexecution::new(&scene.spec, &scene.kernels, &slices).err().unwrap();
    assert!(matches!(error, ReexecError::WrongLength { buffer: 3, expected: 2800, got: 2796 }), "{error}");
}

#[test]
fn a_kernel_that_is_none_is_refused() {
    let mut scene = Scene::new();
    scene.kernels[1].pop();
    let error = Reexecution::new(&scene.spec, &scene.kernels, &scene.slices()).err().unwrap();
    assert!(matches!(error, ReexecError::Kernel { step: 1, .. }), "{error}");
}
