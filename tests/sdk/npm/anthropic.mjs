// The official client of Anthropic.
import Anthropic from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { jsonSchemaOutputFormat } from '@anthropic-ai/sdk/helpers/json-schema';

const CHOICES = { required: { type: 'any' }, auto: { type: 'auto' }, none: { type: 'none' } };
const LIMIT = 2000;

function contentOf(ask) {
	const text = { type: 'text', text: ask.words };
	if (!ask.image) return [text];
	const source = { type: 'base64', media_type: ask.image.mime, data: ask.image.data };
	return [{ type: 'image', source }, text];
}

function bodyOf(job, history, ask) {
	return {
		model: job.model,
		max_tokens: ask.limit ?? LIMIT,
		system: ask.system,
		messages: history,
		tools: ask.tools?.map(({ name, description, parameters }) => ({ name, description, input_schema: parameters })),
		tool_choice: CHOICES[ask.choice],
		thinking: ask.think ? { type: 'adaptive' } : undefined,
		output_config: ask.schema && { format: jsonSchemaOutputFormat(ask.schema) },
		...(ask.temperature === undefined ? {} : { temperature: ask.temperature }),
	};
}

const ofType = (content, type) => content.filter((block) => block.type === type);
const joined = (blocks, member) => blocks.map((block) => block[member]).join('');

function answerOf(message, usageCount) {
	const { content, usage } = message;
	return {
		text: joined(ofType(content, 'text'), 'text'),
		thought: joined(ofType(content, 'thinking'), 'thinking'),
		calls: ofType(content, 'tool_use').map((block) => ({ id: block.id, name: block.name, arguments: block.input })),
		finish: message.stop_reason,
		json: message.parsed_output,
		usage: {
			prompt: usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0),
			cached: usage.cache_read_input_tokens ?? 0,
			answer: usage.output_tokens,
		},
		usage_count: usageCount,
	};
}

export function make(job) {
	const anthropic = new Anthropic({
		baseURL: job.origin,
		apiKey: job.key,
		maxRetries: job.ask.retries ?? 0,
		timeout: job.ask.timeout_ms,
	});

	async function stream(body, signal, seen) {
		let usageCount = 0;
		const events = anthropic.messages.stream(body, { signal });
		events.on('streamEvent', (event) => {
			usageCount += event.type === 'message_delta' && event.usage ? 1 : 0;
			if (event.type === 'content_block_delta') seen();
		});
		return [await events.finalMessage(), usageCount];
	}

	return {
		models: async () => (await Array.fromAsync(anthropic.models.list())).map((m) => m.id),
		unserved: () => anthropic.messages.batches.create({ requests: [] }),
		async loop(ask, run) {
			const tools = ask.tools.map(({ name, description, parameters: inputSchema }) => (
				betaTool({ name, description, inputSchema, run: (args) => run(name, args) })));
			const runner = anthropic.beta.messages.toolRunner({
				model: job.model, max_tokens: LIMIT, messages: [{ role: 'user', content: ask.words }], tools, stream: ask.stream,
			});
			let last;
			for await (const one of runner) last = ask.stream ? await one.finalMessage() : one;
			return joined(ofType(last.content, 'text'), 'text');
		},
		begin: (ask) => [{ role: 'user', content: contentOf(ask) }],
		async send(history, ask, signal, seen) {
			const body = bodyOf(job, history, ask);
			const whole = ask.schema ? 'parse' : 'create';
			const [message, usageCount] = ask.stream ? await stream(body, signal, seen)
				: [await anthropic.messages[whole](body, { signal }), 1];
			return { answer: answerOf(message, usageCount), said: message.content };
		},
		follow: (history, said, answer, results) => [
			...history,
			{ role: 'assistant', content: said },
			{ role: 'user', content: answer.calls.map((call) => (
				{ type: 'tool_result', tool_use_id: call.id, content: results[call.name] })).reverse() },
		],
	};
}
