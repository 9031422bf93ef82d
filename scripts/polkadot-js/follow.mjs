#!/usr/bin/env node
// Follows a job from block to block.

import { NODE_HELP, NODE_OPTIONS, natural, run } from './lib/cli.mjs';
import { connect } from './lib/chain.mjs';
import { follow } from './lib/follow.mjs';
import { coin } from './lib/format.mjs';
import { readJob } from './lib/job.mjs';

const help = `
Follows a job: one line for each change, until it is over.

  node follow.mjs JOB [--until STAGE] [options]

  --until STAGE    assigned, committed or closed (default: closed)
  --timeout SECS   give up after so long without an end (default: 600)
${NODE_HELP}
`;

const options = {
  ...NODE_OPTIONS,
  until: { type: 'string', default: 'closed' },
  timeout: { type: 'string', default: '600' },
};

const ENDS = {
  assigned: ({ stage }) => !stage.isOpen,
  committed: ({ stage }) => stage.isCommitted || stage.isClosed,
  closed: ({ stage }) => stage.isClosed,
};

run({ help, options, arity: [1, 1] }, async ({ url, until, timeout }, [id]) => {
  if (!ENDS[until]) {
    throw new Error(`--until takes ${Object.keys(ENDS).join(', ')}, not ${until}`);
  }
  const api = await connect(url);
  try {
    await readJob(api, id);
    const milliseconds = natural('timeout', timeout) * 1000;
    await follow(api, id, { report: (change) => console.log(line(api, change)), until: ENDS[until], timeout: milliseconds });
  } finally {
    await api.disconnect();
  }
});

function line(api, { name, attempt, block, view: { stage } }) {
  return `block ${block}  attempt ${attempt}  ${name}${detail(api, stage)}`;
}

function detail(api, stage) {
  if (stage.isOpen) {
    return ` until tick ${stage.asOpen.closes}`;
  }
  if (stage.isAssigned) {
    const { deal, commitBy } = stage.asAssigned;
    return ` to ${deal.provider} for ${coin(api, deal.price)}, due by tick ${commitBy}`;
  }
  if (stage.isCommitted) {
    const { commitment, windowEnd } = stage.asCommitted;
    return ` ${commitment.toHex()}, open to challenge until tick ${windowEnd}`;
  }
  return '';
}
