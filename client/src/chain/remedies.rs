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
    fn an_error_without_a_known_remedy_has_none() {
        assert_eq!(remedy(Some("Disputes"), "Unjudgeable"), None);
    }
}
