// The official client of OpenAI: Chat Completions.
import OpenAI from 'openai';

export const client = (job) => new OpenAI({
	baseURL: `${job.origin}/v1`,
	apiKey: job.key,
	maxRetries: job.ask.retries ?? 0,
	timeout: job.ask.timeout_ms,
});

export const imageUrl = ({ mime, data }) => `data:${mime};base64,${data}`;

const toolOf = ({ name, description, parameters }) => (
	{ type: 'function', function: { name, description, parameters } });

function contentOf(ask) {
	if (!ask.image) return ask.words;
	return [
		{ type: 'text', text: ask.words },
		{ type: 'image_url', image_url: { url: imageUrl(ask.image) } },
	];
}

function bodyOf(job, history, ask) {
	return {
		model: job.model,
		messages: history,
		tools: ask.tools?.map(toolOf),
		tool_choice: ask.choice,
		temperature: ask.temperature,
		max_completion_tokens: ask.limit,
		reasoning_effort: ask.think ? 'medium' : undefined,
		response_format: ask.schema && { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema: ask.schema } },
	};
}

function answerOf({ choices: [choice], usage }, usageCount) {
	const { message } = choice;
	return {
		text: message.content ?? '',
		thought: message.reasoning_content ?? '',
		calls: (message.tool_calls ?? []).map((call) => (
			{ id: call.id, name: call.function.name, arguments: JSON.parse(call.function.arguments) })),
		finish: choice.finish_reason,
		json: message.parsed,
		usage: usage && {
			prompt: usage.prompt_tokens,
			cached: usage.prompt_tokens_details?.cached_tokens ?? 0,
			answer: usage.completion_tokens,
			thinking: usage.completion_tokens_details?.reasoning_tokens ?? 0,
		},
		usage_count: usageCount,
	};
}

export function make(job) {
	const openai = client(job);

	async function stream(body, signal, seen) {
		let usageCount = 0;
		const options = { include_usage: true };
		const events = openai.chat.completions.stream({ ...body, stream_options: options }, { signal });
		events.on('chunk', (chunk) => {
			usageCount += chunk.usage ? 1 : 0;
			seen();
		});
		return [await events.finalChatCompletion(), usageCount];
	}

	return {
		models: async () => (await Array.fromAsync(openai.models.list())).map((m) => m.id),
		unserved: () => openai.beta.threads.create({}),
		loop: (ask, run) => openai.chat.completions.runTools({
			model: job.model,
			stream: ask.stream,
			messages: [{ role: 'user', content: ask.words }],
			tools: ask.tools.map(({ name, description, parameters }) => ({
				type: 'function',
				function: { name, description, parameters, parse: JSON.parse, function: (args) => run(name, args) },
			})),
		}).finalContent(),
		begin: (ask) => [
			...(ask.system ? [{ role: 'system', content: ask.system }] : []),
			{ role: 'user', content: contentOf(ask) },
		],
		async send(history, ask, signal, seen) {
			const body = bodyOf(job, history, ask);
			const whole = ask.schema ? 'parse' : 'create';
			const [completion, usageCount] = ask.stream ? await stream(body, signal, seen)
				: [await openai.chat.completions[whole](body, { signal }), 1];
			return { answer: answerOf(completion, usageCount), said: completion.choices[0].message };
		},
		follow: (history, said, answer, results) => [...history, said, ...answer.calls
			.map((call) => ({ role: 'tool', tool_call_id: call.id, content: results[call.name] })).reverse()],
	};
}
