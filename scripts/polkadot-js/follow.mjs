#!/usr/bin/env node
// Follows a job from block to block.

import { NODE_HELP, NODE_OPTIONS, UsageError, natural, run } from './lib/cli.mjs';
import { connect } from './lib/chain.mjs';
import { assertNoBadEnd, changeLine, eventLine, follow } from './lib/follow.mjs';
import { readJob } from './lib/job.mjs';

const help = `
Prints one line for each change of a job, and for each demand for data of its result, until it is over.

  node follow.mjs JOB [--until STAGE] [options]

  --until STAGE    assigned, committed or closed (default: closed)
  --timeout SECS   fail after this many seconds (default: wait without limit)
${NODE_HELP}

Exit code 1 if the job ends without a result: NoBids, AttemptsExhausted,
RefutedAfterAcceptance, Cancelled.
`;

const options = {
  ...NODE_OPTIONS,
  until: { type: 'string', default: 'closed' },
  timeout: { type: 'string' },
};

const ENDS = {
  assigned: ({ stage }) => !stage.isOpen,
  committed: ({ stage }) => stage.isCommitted || stage.isClosed,
  closed: ({ stage }) => stage.isClosed,
};

run({ help, options, arity: [1, 1], hashes: [0] }, async ({ url, until, timeout }, [id]) => {
  if (!Object.hasOwn(ENDS, until)) {
    throw new UsageError(`--until takes ${Object.keys(ENDS).join(', ')}, not ${until}`);
  }
  const milliseconds = timeout === undefined ? Infinity : natural('timeout', timeout) * 1000;
  const api = await connect(url);
  try {
    await readJob(api, id);
    const report = (change) => console.log(changeLine(api, change));
    const hear = (event) => console.log(eventLine(event));
    assertNoBadEnd(await follow(api, id, { report, hear, until: ENDS[until], timeout: milliseconds }));
  } finally {
    await api.disconnect();
  }
});
