// The official client of OpenAI: Responses.
import { client, imageUrl } from './openai.mjs';

function bodyOf(job, history, ask) {
	return {
		model: job.model,
		input: history,
		instructions: ask.system,
		tools: ask.tools?.map((tool) => ({ type: 'function', strict: false, ...tool })),
		tool_choice: ask.choice,
		temperature: ask.temperature,
		max_output_tokens: ask.limit,
		reasoning: ask.think ? { effort: 'medium', summary: 'auto' } : undefined,
		store: false,
		text: ask.schema && { format: { type: 'json_schema', name: 'answer', strict: true, schema: ask.schema } },
	};
}

const ofType = (output, type) => output.filter((item) => item.type === type);

function answerOf(response, usageCount) {
	const { output, usage } = response;
	return {
		text: response.output_text,
		thought: ofType(output, 'reasoning').flatMap((item) => item.summary.map((part) => part.text)).join(''),
		calls: ofType(output, 'function_call').map((item) => (
			{ id: item.call_id, name: item.name, arguments: JSON.parse(item.arguments) })),
		finish: response.incomplete_details?.reason ?? response.status,
		json: response.output_parsed,
		usage: usage && {
			prompt: usage.input_tokens,
			cached: usage.input_tokens_details.cached_tokens,
			answer: usage.output_tokens,
			thinking: usage.output_tokens_details.reasoning_tokens,
		},
		usage_count: usageCount,
	};
}

export function make(job) {
	const openai = client(job);

	async function stream(body, signal, seen) {
		let usageCount = 0;
		const events = openai.responses.stream(body, { signal });
		events.on('event', (event) => {
			usageCount += event.response?.usage ? 1 : 0;
			if (event.type === 'response.output_text.delta') seen();
		});
		return [await events.finalResponse(), usageCount];
	}

	return {
		models: async () => (await Array.fromAsync(openai.models.list())).map((m) => m.id),
		unserved: () => openai.batches.list(),
		begin: (ask) => [{
			role: 'user',
			content: [
				{ type: 'input_text', text: ask.words },
				...(ask.image ? [{ type: 'input_image', detail: 'auto', image_url: imageUrl(ask.image) }] : []),
			],
		}],
		async send(history, ask, signal, seen) {
			const body = bodyOf(job, history, ask);
			const whole = ask.schema ? 'parse' : 'create';
			const [response, usageCount] = ask.stream ? await stream(body, signal, seen)
				: [await openai.responses[whole](body, { signal }), 1];
			if (response.status === 'failed') throw Object.assign(new Error(response.error.message), response.error);
			return { answer: answerOf(response, usageCount), said: response.output };
		},
		follow: (history, said, answer, results) => [...history, ...said, ...answer.calls
			.map((call) => ({ type: 'function_call_output', call_id: call.id, output: results[call.name] })).reverse()],
	};
}
