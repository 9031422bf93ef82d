//! The calls that these programs make, each with its place in the runtime and its arguments in SCALE.

use codec::Encode;
use subxt::ext::{
    scale_encode::{EncodeAsFields, EncodeAsType, Error, FieldIter},
    scale_type_resolver::TypeResolver,
};
use touchstone_kir::{Node, Opening, Reveal};
use touchstone_primitives::{
    Ask, Balance, Buffer, Claim, CommitmentId, DeviceId, DeviceSpec, InlineData, JobId, JobSpec, KernelHash,
    PassReason, Proof, ProofLimits, Subject, Target,
};

use crate::types::AccountId;

/// A call of the runtime. The documentation of each is that of the pallet's call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Call {
    UploadKernel {
        code: Vec<u8>,
    },
    RemoveKernel {
        hash: KernelHash,
    },
    Register {
        endpoint: Vec<u8>,
        stake: Balance,
    },
    SetEndpoint {
        endpoint: Vec<u8>,
    },
    AddStake {
        amount: Balance,
    },
    RemoveStake {
        amount: Balance,
    },
    AddDevice {
        spec: DeviceSpec,
    },
    RemoveDevice {
        device: DeviceId,
    },
    SetAsk {
        device: DeviceId,
        ask: Option<Ask>,
    },
    Deregister,
    Submit {
        salt: [u8; 32],
        spec: JobSpec,
        inline: InlineData,
        code_bytes: u32,
    },
    Bid {
        job: JobId,
        attempt: u32,
        device: DeviceId,
        price: Balance,
    },
    Cancel {
        job: JobId,
    },
    Pass {
        job: JobId,
        attempt: u32,
        reason: PassReason,
    },
    Poke {
        job: JobId,
    },
    Commit {
        job: JobId,
        attempt: u32,
        trace: Buffer,
        outputs: Option<Vec<u8>>,
    },
    Accept {
        job: JobId,
        commitment: CommitmentId,
    },
    Refute {
        claim: Claim,
        limits: ProofLimits,
        proof: Proof,
    },
    RefuteLength {
        job: JobId,
        commitment: CommitmentId,
        target: Target,
        len: u32,
        opening: Opening,
    },
    Demand {
        job: JobId,
        commitment: CommitmentId,
        target: Target,
        node: Node,
        value: [u8; 32],
        path: Vec<[u8; 32]>,
        shown_by: Vec<Subject>,
    },
    Reveal {
        commitment: CommitmentId,
        subject: Subject,
        reveal: Reveal,
    },
    Transfer {
        to: AccountId,
        amount: Balance,
    },
}

impl Call {
    /// Pallet and call, as the metadata names them.
    pub fn name(&self) -> (&'static str, &'static str) {
        use Call::*;
        match self {
            UploadKernel { .. } => ("KernelRegistry", "upload"),
            RemoveKernel { .. } => ("KernelRegistry", "remove"),
            Register { .. } => ("ProviderRegistry", "register"),
            SetEndpoint { .. } => ("ProviderRegistry", "set_endpoint"),
            AddStake { .. } => ("ProviderRegistry", "add_stake"),
            RemoveStake { .. } => ("ProviderRegistry", "remove_stake"),
            AddDevice { .. } => ("ProviderRegistry", "add_device"),
            RemoveDevice { .. } => ("ProviderRegistry", "remove_device"),
            SetAsk { .. } => ("ProviderRegistry", "set_ask"),
            Deregister => ("ProviderRegistry", "deregister"),
            Submit { .. } => ("ReverseAuction", "submit"),
            Bid { .. } => ("ReverseAuction", "bid"),
            Cancel { .. } => ("ReverseAuction", "cancel"),
            Pass { .. } => ("ReverseAuction", "pass"),
            Poke { .. } => ("ReverseAuction", "poke"),
            Commit { .. } => ("ReverseAuction", "commit"),
            Accept { .. } => ("ReverseAuction", "accept"),
            Refute { .. } => ("Disputes", "refute"),
            RefuteLength { .. } => ("Disputes", "refute_length"),
            Demand { .. } => ("Demands", "demand"),
            Reveal { .. } => ("Demands", "reveal"),
            Transfer { .. } => ("Balances", "transfer_keep_alive"),
        }
    }

    /// The arguments, in the order of the call.
    fn arguments(&self) -> Vec<Argument> {
        use Call::*;
        match self {
            UploadKernel { code } => vec![scale(code)],
            RemoveKernel { hash } => vec![scale(hash)],
            Register { endpoint, stake } => vec![scale(endpoint), Argument::Amount(*stake)],
            SetEndpoint { endpoint } => vec![scale(endpoint)],
            AddStake { amount } | RemoveStake { amount } => vec![Argument::Amount(*amount)],
            AddDevice { spec } => vec![scale(spec)],
            RemoveDevice { device } => vec![scale(device)],
            SetAsk { device, ask } => vec![scale(device), scale(ask)],
            Deregister => Vec::new(),
            Submit { salt, spec, inline, code_bytes } => {
                vec![scale(salt), scale(spec), scale(inline), scale(code_bytes)]
            }
            Bid { job, attempt, device, price } => {
                vec![scale(job), scale(attempt), scale(device), Argument::Amount(*price)]
            }
            Cancel { job } | Poke { job } => vec![scale(job)],
            Pass { job, attempt, reason } => vec![scale(job), scale(attempt), scale(reason)],
            Commit { job, attempt, trace, outputs } => {
                vec![scale(job), scale(attempt), scale(trace), scale(outputs)]
            }
            Accept { job, commitment } => vec![scale(job), scale(commitment)],
            Refute { claim, limits, proof } => vec![scale(claim), scale(limits), scale(proof)],
            RefuteLength { job, commitment, target, len, opening } => {
                vec![scale(job), scale(commitment), scale(target), scale(len), scale(opening)]
            }
            Demand { job, commitment, target, node, value, path, shown_by } => vec![
                scale(job),
                scale(commitment),
                scale(target),
                scale(node),
                scale(value),
                scale(path),
                scale(shown_by),
            ],
            Reveal { commitment, subject, reveal } => vec![scale(commitment), scale(subject), scale(reveal)],
            // The variant `Id` of a MultiAddress.
            Transfer { to, amount } => vec![scale(&(0u8, to)), Argument::Amount(*amount)],
        }
    }
}

/// One argument of a call.
enum Argument {
    /// Of a type that this program shares with the runtime: its SCALE form.
    Scale(Vec<u8>),
    /// An amount of coin: the metadata says whether it travels in its compact form.
    Amount(Balance),
}

fn scale(value: &impl Encode) -> Argument {
    Argument::Scale(value.encode())
}

/// The name as people write it: `Pallet.call`.
impl std::fmt::Display for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (pallet, call) = self.name();
        write!(f, "{pallet}.{call}")
    }
}

impl subxt::transactions::Payload for Call {
    type CallData = Self;

    fn pallet_name(&self) -> &str {
        self.name().0
    }

    fn call_name(&self) -> &str {
        self.name().1
    }

    fn call_data(&self) -> &Self {
        self
    }
}

/// The types are the runtime's own, so their SCALE form is appended as it is; only the number of arguments is compared
/// with the metadata, which catches a node of another version before it misreads them.
impl EncodeAsFields for Call {
    fn encode_as_fields_to<R: TypeResolver>(
        &self,
        fields: &mut dyn FieldIter<'_, R::TypeId>,
        types: &R,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let ours = self.arguments();
        let theirs: Vec<_> = fields.map(|field| field.id).collect();
        if ours.len() != theirs.len() {
            return Err(Error::custom_string(format!(
                "it has {} arguments on this chain, {} here",
                theirs.len(),
                ours.len()
            )));
        }
        for (argument, id) in ours.into_iter().zip(theirs) {
            match argument {
                Argument::Scale(bytes) => out.extend_from_slice(&bytes),
                Argument::Amount(amount) => amount.encode_as_type_to(id, types, out)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The arguments of a call that has no amount, as they are sent.
    fn sent(call: &Call) -> Vec<u8> {
        let bytes = call.arguments().into_iter().map(|argument| match argument {
            Argument::Scale(bytes) => bytes,
            Argument::Amount(amount) => panic!("{call} has the amount {amount}"),
        });
        bytes.collect::<Vec<_>>().concat()
    }

    #[test]
    fn a_commitment_is_its_arguments_in_the_order_of_the_pallets_call() {
        let trace = Buffer { root: [3; 32], len: 32 };
        let commit = |outputs| Call::Commit { job: JobId([1; 32]), attempt: 2, trace, outputs };
        let bare = [vec![1u8; 32], vec![2, 0, 0, 0], vec![3; 32], vec![32, 0, 0, 0]].concat();
        assert_eq!(commit(None).to_string(), "ReverseAuction.commit");
        assert_eq!(sent(&commit(None)), [bare.clone(), vec![0]].concat());
        assert_eq!(sent(&commit(Some(vec![7; 4]))), [bare, vec![1, 4 << 2, 7, 7, 7, 7]].concat());
    }

    const NODE: Node = Node { level: 6, position: 0x0403_0201 };

    #[test]
    fn a_demand_is_its_arguments_in_the_order_of_the_pallets_call() {
        let target = Target::Output {
            instance: 9,
            trace: Opening { ranges: vec![], data: vec![5; 4], siblings: vec![[6; 32]] },
        };
        let call = Call::Demand {
            job: JobId([1; 32]),
            commitment: CommitmentId([2; 32]),
            target: target.clone(),
            node: NODE,
            value: [3; 32],
            path: vec![[4; 32], [5; 32]],
            shown_by: vec![Subject { instance: None, node: NODE }],
        };
        assert_eq!(call.to_string(), "Demands.demand");
        let expected = [
            vec![1u8; 32],
            vec![2; 32],
            target.encode(),
            vec![6, 1, 2, 3, 4],
            vec![3; 32],
            vec![2 << 2],
            vec![4; 32],
            vec![5; 32],
            vec![1 << 2, 0, 6, 1, 2, 3, 4],
        ];
        assert_eq!(sent(&call), expected.concat());
    }

    #[test]
    fn an_answer_is_its_arguments_in_the_order_of_the_pallets_call() {
        let commitment = CommitmentId([2; 32]);
        let subject = Subject { instance: Some(9), node: NODE };
        let asked = [vec![2u8; 32], vec![1, 9, 0, 0, 0, 6, 1, 2, 3, 4]].concat();
        let nodes = Call::Reveal { commitment, subject, reveal: Reveal::Nodes(vec![[7; 32]]) };
        assert_eq!(nodes.to_string(), "Demands.reveal");
        assert_eq!(sent(&nodes), [asked.clone(), vec![0, 1 << 2], vec![7; 32]].concat());
        let bytes = Call::Reveal { commitment, subject, reveal: Reveal::Bytes(vec![8; 4]) };
        assert_eq!(sent(&bytes), [asked, vec![1, 4 << 2], vec![8; 4]].concat());
    }
}
