// Runs one official client of npm's: reads jobs, one JSON document a line, and writes what the client
// made of each, in the words of all runners (see ../cases.py). It judges nothing.
//
// usage: node --import ./packages.mjs runner.mjs CLIENT
//
// A client is a module with `make(job)`, which gives
//   models()                          ids
//   loop(ask, run)                    the last text of its own loop, where it has one; run(name, arguments) gives a tool's result
//   unserved()                        asks for something of its vendor's that is not served here
//   begin(ask)                        the history in the client's own words
//   send(history, ask, signal, seen)  {answer, said}: what came, and what the history gets of it;
//                                     seen() is called with every piece of a stream
//   follow(history, said, answer, results)  the history with that and the results of calls
import { createInterface } from 'node:readline';

const [module] = process.argv[2].split(':'); // "ai:google" is one of several in ai.mjs
const { make } = await import(`./${module}.mjs`);
const PATIENCE_MS = 20000; // only a hang reaches it

const ABOUT_REPEATS = ['retry-after', 'retry-after-ms', 'x-should-retry'];

// Every request of a client goes through here, so that repeats are seen and each is known by its id.
let requests = [];
let severed = null; // for clients that cannot be told to stop
const plainFetch = globalThis.fetch;
globalThis.fetch = async (url, options = {}) => {
	const signals = [options.signal, severed].filter(Boolean);
	const one = { status: null, id: null, told: {} };
	requests.push(one);
	const answer = await plainFetch(url, { ...options, signal: AbortSignal.any(signals) });
	one.status = answer.status;
	one.id = answer.headers.get('x-request-id');
	for (const name of ABOUT_REPEATS) if (answer.headers.has(name)) one.told[name] = answer.headers.get(name);
	return answer;
};

async function converse(client, ask, control) {
	const answers = [];
	const seen = () => ask.leave === 'begun' && control.abort();
	let history = client.begin(ask);
	let { answer, said } = await client.send(history, ask, control.signal, seen);
	answers.push(answer);
	if (ask.results) {
		history = client.follow(history, said, answer, ask.results);
		({ answer } = await client.send(history, { ...ask, choice: undefined }, control.signal, seen));
		answers.push(answer);
	}
	return answers;
}

// The client itself runs the tools and asks on until there are no more calls.
async function loop(client, ask, done) {
	done.ran = [];
	done.text = await client.loop(ask, (name, args) => {
		done.ran.push({ name, arguments: args });
		return ask.results[name];
	});
}

// The gate answers when the last upstream has got the request: then the client leaves.
async function leaveWhenArrived(gate, control) {
	await plainFetch(gate);
	control.abort();
}

function toldError(error) {
	const cause = error.lastError ?? error; // repeats that all failed come wrapped
	return {
		class: cause.constructor.name,
		name: cause.name,
		status: cause.status ?? cause.statusCode ?? cause.status_code ?? null,
		message: String(cause.message),
		body: cause.responseBody ?? cause.error ?? null,
	};
}

async function run(job) {
	const control = new AbortController();
	const done = { id: job.id, answers: [], error: null };
	requests = [];
	severed = AbortSignal.any([AbortSignal.timeout(PATIENCE_MS), control.signal]);
	try {
		const client = make(job);
		const leaving = job.ask.leave === 'waiting' ? leaveWhenArrived(job.gate, control) : null;
		if (job.do === 'models') done.models = await client.models();
		else if (job.do === 'unserved') await client.unserved();
		else if (job.do === 'loop') await loop(client, job.ask, done);
		else done.answers = await converse(client, job.ask, control);
		await leaving;
	} catch (error) {
		done.error = toldError(error);
		if (process.env.OFFGRID_SHOW) console.error(error);
	}
	done.requests = requests;
	return done;
}

for await (const line of createInterface({ input: process.stdin })) {
	process.stdout.write(JSON.stringify(await run(JSON.parse(line))) + '\n');
}
process.exit(0); // whoever left may have sockets open
