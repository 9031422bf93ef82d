//! Reads of the chain's state at one block.

use std::time::Duration;

use codec::{Compact, Decode, Encode};
use subxt_rpcs::rpc_params;
use touchstone_primitives::{
    views::{Challengeable, Cursor, EscrowView, KernelView, Page, Quote, MAX_PAGE},
    Balance, CommitmentId, JobId, JobSpec, KernelHash, Terms, Tick,
};

use super::{
    error::ChainError,
    head::Head,
    hex_text::{from_hex, to_hex},
    node::Node,
};
use crate::{
    carried::Carried,
    types::{AccountId, DemandView, JobView, ProviderView, ResultView},
};

/// The state at one block. All reads of one value agree with each other.
#[derive(Clone)]
pub struct At {
    node: Node,
    head: Head,
}

/// All entries of a list that is read in pages.
pub async fn all_pages<Item, Read>(read: impl Fn(Option<Cursor>) -> Read) -> Result<Vec<Item>, ChainError>
where
    Read: std::future::Future<Output = Result<Page<Item>, ChainError>>,
{
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let page = read(after).await?;
        all.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(all),
        }
    }
}

/// The native coin of an account, in the smallest unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Funds {
    /// What can be spent, apart from the least balance that keeps the account alive.
    pub free: Balance,
    /// What is held for stakes, jobs and deposits.
    pub held: Balance,
}

/// Why there is no quote: the name of the error that `submit` would give.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
struct QuoteError {
    error: Vec<u8>,
}

/// The head of `frame_system::AccountInfo` with `pallet_balances::AccountData`.
#[derive(Decode)]
struct AccountInfo {
    _nonce: u32,
    _consumers: u32,
    _providers: u32,
    _sufficients: u32,
    free: Balance,
    reserved: Balance,
}

impl At {
    pub(super) fn new(node: Node, head: Head) -> Self {
        Self { node, head }
    }

    /// The block.
    pub fn head(&self) -> Head {
        self.head
    }

    /// The dispute clock.
    pub async fn clock(&self) -> Result<Tick, ChainError> {
        self.api("clock", ()).await
    }

    /// The conditions that a job submitted now would copy.
    pub async fn terms(&self) -> Result<Terms, ChainError> {
        self.api("terms", ()).await
    }

    /// A job, until its record is removed.
    pub async fn job(&self, job: JobId) -> Result<Option<JobView>, ChainError> {
        self.api("job", job).await
    }

    /// The committed result of a job.
    pub async fn result(&self, job: JobId) -> Result<Option<ResultView>, ChainError> {
        self.api("result", job).await
    }

    /// The outputs of this result of a job, if they came with its commitment and the chain still has them.
    pub async fn outputs(&self, job: &JobView, result: &ResultView) -> Result<Option<Carried>, ChainError> {
        if !result.carried {
            return Ok(None);
        }
        let bytes: Option<Vec<u8>> = self.api("outputs", job.id).await?;
        // The result may have been read at an earlier block: another one that was committed since has other outputs.
        Ok(bytes.and_then(|bytes| Carried::new(&bytes, &job.output_bytes, &result.trace)))
    }

    /// The demands for data of a result whose outcome is not known, at most so many of them and never more than
    /// [`MAX_DEMANDS`](touchstone_primitives::views::MAX_DEMANDS): first those that wait for an answer.
    pub async fn demands(&self, commitment: CommitmentId, limit: u32) -> Result<Vec<DemandView>, ChainError> {
        self.api("demands", (commitment, limit)).await
    }

    /// What a demand for data of this result would hold now; `None` if the job has no such result that can be
    /// challenged.
    pub async fn demand_bond(&self, job: JobId, commitment: CommitmentId) -> Result<Option<Balance>, ChainError> {
        self.api("demand_bond", (job, commitment)).await
    }

    /// The inline inputs of a job with their index among the inputs.
    pub async fn inline_inputs(&self, job: JobId) -> Result<Vec<(u8, Vec<u8>)>, ChainError> {
        self.api("inline_inputs", job).await
    }

    /// What is held for a job.
    pub async fn escrow(&self, job: JobId) -> Result<Option<EscrowView<AccountId>>, ChainError> {
        self.api("escrow", job).await
    }

    /// A provider.
    pub async fn provider(&self, account: &AccountId) -> Result<Option<ProviderView>, ChainError> {
        self.api("provider", account).await
    }

    /// A page of all providers.
    pub async fn providers(&self, after: Option<Cursor>) -> Result<Page<ProviderView>, ChainError> {
        self.api("providers", (after, MAX_PAGE)).await
    }

    /// A page of the jobs that a buyer has submitted, until their records are removed.
    pub async fn jobs_of(&self, buyer: &AccountId, after: Option<Cursor>) -> Result<Page<JobView>, ChainError> {
        self.api("jobs_of", (buyer, after, MAX_PAGE)).await
    }

    /// A page of the jobs that a provider works on, or whose result it stands by.
    pub async fn duties(&self, provider: &AccountId, after: Option<Cursor>) -> Result<Page<JobView>, ChainError> {
        self.api("duties", (provider, after, MAX_PAGE)).await
    }

    /// A page of the jobs that take bids.
    pub async fn open_auctions(&self, after: Option<Cursor>) -> Result<Page<JobView>, ChainError> {
        self.api("open_auctions", (after, MAX_PAGE)).await
    }

    /// A page of the jobs whose results can be challenged now.
    pub async fn challengeable(&self, after: Option<Cursor>) -> Result<Page<Challengeable<AccountId>>, ChainError> {
        self.api("challengeable", (after, MAX_PAGE)).await
    }

    /// Who would take this job and at what price; or the name of the error that its submission would give.
    pub async fn quote(&self, spec: &JobSpec) -> Result<Result<Quote<AccountId>, String>, ChainError> {
        let answer: Result<Quote<AccountId>, QuoteError> = self.api("quote", spec).await?;
        Ok(answer.map_err(|error| String::from_utf8_lossy(&error.error).into_owned()))
    }

    /// A kernel.
    pub async fn kernel(&self, hash: KernelHash) -> Result<Option<KernelView<AccountId>>, ChainError> {
        self.api("kernel", hash).await
    }

    /// The native coin of an account; zero for one that does not exist.
    pub async fn balance(&self, account: &AccountId) -> Result<Funds, ChainError> {
        let key = self.node.runtime(&self.head).await?.account_key(account)?;
        let Some(bytes) = self.storage(&key).await? else {
            return Ok(Funds::default());
        };
        let info =
            AccountInfo::decode(&mut &bytes[..]).map_err(|error| ChainError::undecodable("an account", error))?;
        Ok(Funds { free: info.free, held: info.reserved })
    }

    /// When the block was made, from the Unix epoch on; `None` if it does not say.
    pub(super) async fn timestamp(&self) -> Result<Option<Duration>, ChainError> {
        let key = self.node.runtime(&self.head).await?.timestamp_key()?;
        let Some(bytes) = self.storage(&key).await? else { return Ok(None) };
        let millis =
            u64::decode(&mut &bytes[..]).map_err(|error| ChainError::undecodable("the time of a block", error))?;
        Ok(Some(Duration::from_millis(millis)))
    }

    /// The nonce of the next transaction of an account, as far as this block knows.
    pub(super) async fn nonce(&self, account: &AccountId) -> Result<u64, ChainError> {
        let nonce: u32 = self.call("AccountNonceApi_account_nonce", account).await?;
        Ok(nonce.into())
    }

    pub(super) async fn storage(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ChainError> {
        let value: Option<String> =
            self.node.link().request("state_getStorage", rpc_params![to_hex(key), self.head.hash_hex()]).await?;
        value
            .map(|text| from_hex(&text))
            .transpose()
            .map_err(|error| ChainError::undecodable("state_getStorage", error))
    }

    async fn api<T: Decode>(&self, function: &str, arguments: impl Encode) -> Result<T, ChainError> {
        self.call(&format!("TouchstoneApi_{function}"), arguments).await
    }

    /// The fee of a signed transaction, if this block included it.
    pub(super) async fn fee(&self, transaction: &[u8]) -> Result<Balance, ChainError> {
        /// `pallet_transaction_payment::RuntimeDispatchInfo`.
        #[derive(Decode)]
        struct Info {
            _weight: (Compact<u64>, Compact<u64>),
            _class: u8,
            fee: Balance,
        }
        let length = u32::try_from(transaction.len()).unwrap_or(u32::MAX);
        let arguments = [transaction, &length.encode()].concat();
        let info: Info = self.call_encoded("TransactionPaymentApi_query_info", &arguments).await?;
        Ok(info.fee)
    }

    async fn call<T: Decode>(&self, function: &str, arguments: impl Encode) -> Result<T, ChainError> {
        self.call_encoded(function, &arguments.encode()).await
    }

    async fn call_encoded<T: Decode>(&self, function: &str, arguments: &[u8]) -> Result<T, ChainError> {
        let params = rpc_params![function, to_hex(arguments), self.head.hash_hex()];
        let answer: String = self.node.link().request("state_call", params).await?;
        let bytes = from_hex(&answer).map_err(|error| ChainError::undecodable(function, error))?;
        let mut rest = &bytes[..];
        let value = T::decode(&mut rest).map_err(|error| ChainError::undecodable(function, error))?;
        match rest.len() {
            0 => Ok(value),
            left => Err(ChainError::undecodable(function, format!("{left} bytes are left over"))),
        }
    }
}
