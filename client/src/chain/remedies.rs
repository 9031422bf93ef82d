//! What people can do about the errors that calls fail with. The condition itself is the error's own documentation.

/// A remedy for an error of a pallet, or of the runtime if `pallet` is none, where one is known.
pub(super) fn remedy(pallet: Option<&str>, name: &str) -> Option<&'static str> {
    let text = match (pallet, name) {
        (None, "FundsUnavailable" | "BelowMinimum") => "send the account coin, or lower the amount",
        (None, "BadOrigin") => "choose another --signer: the call belongs to another account",
        (None, "Exhausted") => "the block is full: try again",

        (Some("KernelRegistry"), "AlreadyUploaded") => "nothing is to be done: refer to it by its hash",
        (
            Some("KernelRegistry"),
            "NotAKernel" | "UnknownVersion" | "CountOutOfRange" | "InvalidSegment" | "InvalidView" | "InvalidBound"
            | "InvalidInstruction" | "Unclosed",
        ) => "compile it with `touchstone compile`",
        (Some("KernelRegistry"), "InUse") => "wait until the jobs that use it are closed",

        (Some("ReverseAuction"), "UnknownKernel") => {
            "upload it with `touchstone kernel upload`, or submit with --upload-kernels"
        }
        (Some("ReverseAuction"), "AlreadySubmitted") => "it is on the chain already; another --salt makes another job",
        (Some("ReverseAuction"), "UnknownJob") => {
            "check the id and --url; the record of a closed job is removed after a while"
        }
        (Some("ReverseAuction"), "DeadlineOutOfRange" | "AuctionOutOfRange") => {
            "`touchstone terms` shows what the chain allows"
        }
        (Some("ReverseAuction"), "TooMuchInlineData") => "put or pull the larger inputs: source = \"put\" or a url",
        (Some("ReverseAuction"), "InvocationTooExpensive") => "let each invocation do less, and start more of them",
        (Some("ReverseAuction"), "InvocationReadsTooMuch") => {
            "let each invocation read less: narrow its reads with bound_reads"
        }
        (Some("ReverseAuction"), "TooMuchFuel" | "TooMuchMemory") => "split the job",
        (Some("ReverseAuction"), "AboveCeiling" | "NotLower") => "bid less, or leave the job to the others",
        (Some("ReverseAuction"), "NotDue") => "the chain does it by itself at the tick that `touchstone watch` shows",
        (Some("ReverseAuction"), "WrongOutputsLength" | "ForeignOutputs") => {
            "give exactly the outputs of all steps, one after the other, or commit without them"
        }
        (Some("ReverseAuction"), "NotBuyer") => "sign with the account that submitted the job",
        (Some("ReverseAuction"), "HasBid" | "NotOpen") => "it is too late to take the job back",

        (Some("ProviderRegistry"), "NotRegistered") => "register with `gpu-worker register`",
        (Some("ProviderRegistry"), "AlreadyRegistered") => "nothing is to be done: the account is a provider",
        (Some("ProviderRegistry"), "StakeTooLow" | "InsufficientStake") => "add stake first",
        (Some("ProviderRegistry"), "OpenJobs") => "withdraw the asks and wait until the open jobs are settled",

        (Some("ReverseAuction"), "NotAssigned" | "NotCommitted" | "WrongCommitment")
        | (Some("Disputes"), "UnknownCommitment") => {
            "the job was assigned anew, refuted or removed meanwhile: look at it again"
        }
        (Some("Disputes"), "WindowOver") => "a result is final after its window",
        (Some("Disputes"), "WordIsRight") => {
            "nothing is wrong at this word: check the inputs and outputs it was compared with"
        }
        (Some("Disputes"), "LengthIsRight") => {
            "nothing is wrong with the length: look for a wrong word with `touchstone verify`"
        }
        (Some("Disputes"), "MissingRoot" | "SuperfluousRoots") => {
            "open exactly the chunks of the trace that hold the roots of the output and of each earlier output that is \
            read"
        }
        (Some("Disputes"), "ForeignTrace") => "open the trace whose root `touchstone job` shows",
        (Some("Disputes"), "LastChunkNotOpened") => "open exactly the last chunk of the data of that length",
        (Some("Disputes"), "UnderDeclared") => "declare the static fuel and the code size of the kernel",

        (Some("Demands"), "UnknownCommitment") => {
            "the result was refuted, settled or removed meanwhile: look at the job again"
        }
        (Some("Demands"), "WindowOver") => {
            "past the window only what a recent answer leads to can be demanded: name in shown_by the answers from \
             that one down to the node"
        }
        (Some("Demands"), "UnknownInstance") => "`touchstone job` shows the steps of the job",
        (Some("Demands"), "WrongRootChunk") => {
            "open exactly the chunk of the trace that holds the root of the output: no more, and no other"
        }
        (Some("Demands"), "ForeignTrace") => "open the trace whose root `touchstone job` shows",
        (Some("Demands"), "NoSuchNode") => {
            "name a node of the tree over a buffer of this length, with its lowest level"
        }
        (Some("Demands"), "IncompletePath" | "OverlongPath") => {
            "give the sibling of each level on the way to the root, and none where the node has no neighbour"
        }
        (Some("Demands"), "ForeignPath") => {
            "check value and siblings against the answers on the chain: `touchstone demand` builds them from there"
        }
        (Some("Demands"), "AlreadyDemanded") => {
            "nothing is to be done but to wait: read the answer on the chain, and demand what is below it"
        }
        (Some("Demands"), "NotDemanded") => {
            "nothing is to be answered: the demand was retracted with its block, or the outcome of the result is known"
        }
        (Some("Demands"), "AlreadyRevealed") => "nothing is to be done: the answer is on the chain",
        (Some("Demands"), "TooLate") => {
            "no answer counts any more, and the result is refuted: answer earlier, keep the worker running"
        }
        (Some("Demands"), "WrongKind" | "ShortAnswer" | "LongAnswer") => {
            "give the node's descendants eight levels below but not below level 6, or its bytes up to level 6, and all \
            of them"
        }
        (Some("Demands"), "ForeignAnswer") => "answer with the data that was committed: check the blob in the store",
        (Some("Demands"), "OutputsOnChain") => "nothing is to be demanded: `touchstone fetch` reads the outputs there",
        _ => return None,
    };
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_in_two_pallets_has_two_remedies() {
        let judge = remedy(Some("Disputes"), "UnknownCommitment");
        assert!(judge.is_some_and(|text| text.contains("look at it again")));
        assert_eq!(remedy(Some("Escrow"), "UnknownCommitment"), None);
    }

    #[test]
    fn every_error_of_a_demand_and_of_an_answer_has_a_remedy() {
        let names = [
            "UnknownCommitment",
            "WindowOver",
            "UnknownInstance",
            "WrongRootChunk",
            "ForeignTrace",
            "NoSuchNode",
            "IncompletePath",
            "OverlongPath",
            "ForeignPath",
            "AlreadyDemanded",
            "NotDemanded",
            "AlreadyRevealed",
            "TooLate",
            "WrongKind",
            "ShortAnswer",
            "LongAnswer",
            "ForeignAnswer",
            "OutputsOnChain",
        ];
        for name in names {
            assert!(remedy(Some("Demands"), name).is_some(), "{name}");
        }
    }

    #[test]
    fn an_error_without_a_known_remedy_has_none() {
        assert_eq!(remedy(Some("Disputes"), "Unjudgeable"), None);
    }
}
