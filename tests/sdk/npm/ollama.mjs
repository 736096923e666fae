// The official client of Ollama.
import { Ollama } from 'ollama';

function bodyOf(job, messages, ask) {
	return {
		model: job.model,
		messages,
		think: ask.think,
		format: ask.schema,
		options: { temperature: ask.temperature, num_predict: ask.limit },
		tools: ask.tools?.map((tool) => ({ type: 'function', function: tool })),
	};
}

const joined = (pieces, member) => pieces.map((piece) => piece.message[member] ?? '').join('');

// One answer of the pieces of a stream, or of the only one.
function answerOf(pieces) {
	const last = pieces.at(-1);
	const calls = pieces.flatMap((piece) => piece.message.tool_calls ?? []);
	const answer = {
		text: joined(pieces, 'content'),
		thought: joined(pieces, 'thinking'),
		calls: calls.map((call) => ({ id: call.id, name: call.function.name, arguments: call.function.arguments })),
		finish: last.done_reason,
		usage: { prompt: last.prompt_eval_count, answer: last.eval_count },
		usage_count: pieces.filter((piece) => piece.eval_count !== undefined).length,
	};
	const said = { role: 'assistant', content: answer.text, thinking: answer.thought, tool_calls: calls };
	return { answer, said };
}

export function make(job) {
	const ollama = new Ollama({ host: job.origin, headers: { Authorization: `Bearer ${job.key}` } });

	async function pieces(body, ask, signal, seen) {
		if (!ask.stream) return [await ollama.chat(body)];
		const all = [];
		const stream = await ollama.chat({ ...body, stream: true });
		signal.addEventListener('abort', () => stream.abort());
		for await (const piece of stream) {
			all.push(piece);
			seen();
		}
		return all;
	}

	return {
		models: async () => (await ollama.list()).models.map((m) => m.model),
		begin: (ask) => [
			...(ask.system ? [{ role: 'system', content: ask.system }] : []),
			{ role: 'user', content: ask.words, images: ask.image && [ask.image.data] },
		],
		async send(history, ask, signal, seen) {
			const { answer, said } = answerOf(await pieces(bodyOf(job, history, ask), ask, signal, seen));
			if (ask.schema) answer.json = JSON.parse(answer.text);
			return { answer, said };
		},
		follow: (history, said, answer, results) => [...history, said, ...answer.calls
			.map(({ name }) => ({ role: 'tool', tool_name: name, content: results[name] })).reverse()],
	};
}
