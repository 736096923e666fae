// The AI SDK with each of its providers; the job names which: "ai:openai", "ai:google", …
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, jsonSchema, Output, stepCountIs, streamText, tool } from 'ai';
import { createOllama } from 'ai-sdk-ollama';

const MOST_STEPS = 4;
globalThis.AI_SDK_LOG_WARNINGS = false; // what a provider leaves out is seen in what arrives

const MODELS = {
	openai: ({ origin, key, model }) => createOpenAI({ baseURL: `${origin}/v1`, apiKey: key }).chat(model),
	responses: ({ origin, key, model }) => createOpenAI({ baseURL: `${origin}/v1`, apiKey: key }).responses(model),
	compatible: ({ origin, key, model }) => createOpenAICompatible({
		name: 'offgrid', baseURL: `${origin}/v1`, apiKey: key, includeUsage: true, supportsStructuredOutputs: true,
	})(model),
	anthropic: ({ origin, key, model }) => createAnthropic({ baseURL: `${origin}/v1`, apiKey: key })(model),
	google: ({ origin, key, model }) => createGoogleGenerativeAI({ baseURL: `${origin}/v1beta`, apiKey: key })(model),
	ollama: ({ origin, key, model, ask }) => createOllama({ baseURL: origin, headers: { Authorization: `Bearer ${key}` } })(
		model, { think: ask.think }),
};

// What makes a provider ask for thoughts, where it must ask.
const THINKS = {
	anthropic: { anthropic: { thinking: { type: 'adaptive' } } },
	google: { google: { thinkingConfig: { includeThoughts: true, thinkingBudget: 4096 } } },
	compatible: { offgrid: { reasoningEffort: 'medium' } },
	responses: { openai: { reasoningEffort: 'medium', reasoningSummary: 'auto', forceReasoning: true } },
};

// Without this, models with names it does not know get a tool instead of a schema.
const BY_SCHEMA = { anthropic: { anthropic: { structuredOutputMode: 'outputFormat' } } };

function contentOf(ask) {
	const text = { type: 'text', text: ask.words };
	if (!ask.image) return [text];
	return [text, { type: 'file', mediaType: ask.image.mime, data: Buffer.from(ask.image.data, 'base64') }];
}

function toolsOf(ask) {
	return ask.tools && Object.fromEntries(ask.tools.map(({ name, description, parameters }) => (
		[name, tool({ description, inputSchema: jsonSchema(parameters) })])));
}

async function answerOf(result, ask, usageCount) {
	const [text, thought, calls, finish, usage] = await Promise.all([result.text, result.reasoningText, result.toolCalls,
		result.finishReason, result.usage]);
	return {
		text,
		thought: thought ?? '',
		calls: calls.map((call) => ({ id: call.toolCallId, name: call.toolName, arguments: call.input })),
		finish,
		json: ask.schema && await result.output,
		usage: {
			prompt: usage.inputTokens,
			cached: usage.inputTokenDetails.cacheReadTokens ?? 0,
			answer: usage.outputTokens,
		},
		usage_count: usageCount,
	};
}

// Throws what came as a part of the stream, too.
async function drain(stream, seen) {
	let usageCount = 0;
	for await (const part of stream) {
		if (part.type === 'error') throw part.error;
		if (part.type === 'abort') throw new DOMException('left', 'AbortError');
		if (part.type === 'text-delta') seen();
		usageCount += part.type === 'finish-step' ? 1 : 0;
	}
	return usageCount;
}

export function make(job) {
	const provider = job.client.split(':')[1];
	const model = MODELS[provider](job);
	return {
		models: async () => { throw new Error('this client does not ask for models'); },
		async loop(ask, run) {
			const tools = Object.fromEntries(ask.tools.map(({ name, description, parameters }) => (
				[name, tool({ description, inputSchema: jsonSchema(parameters), execute: (args) => run(name, args) })])));
			const request = { model, prompt: ask.words, tools, maxRetries: 0, stopWhen: stepCountIs(MOST_STEPS) };
			return ask.stream ? streamText(request).text : (await generateText(request)).text;
		},
		begin: (ask) => [{ role: 'user', content: contentOf(ask) }],
		async send(messages, ask, abortSignal, seen) {
			const request = {
				model,
				messages,
				abortSignal,
				system: ask.system,
				maxRetries: ask.retries ?? 0,
				timeout: ask.stream && ask.timeout_ms ? { chunkMs: ask.timeout_ms } : ask.timeout_ms,
				temperature: ask.temperature,
				maxOutputTokens: ask.limit,
				tools: toolsOf(ask),
				toolChoice: ask.choice,
				output: ask.schema && Output.object({ schema: jsonSchema(ask.schema) }),
				providerOptions: ask.think ? THINKS[provider] : ask.schema ? BY_SCHEMA[provider] : undefined,
			};
			let result, usageCount = 1;
			if (ask.stream) {
				result = streamText({ ...request, onError() {} });
				usageCount = await drain(result.fullStream, seen);
			} else {
				result = await generateText(request);
			}
			return { answer: await answerOf(result, ask, usageCount), said: (await result.response).messages };
		},
		follow: (history, said, answer, results) => [...history, ...said, {
			role: 'tool',
			content: answer.calls.map(({ id, name }) => (
				{ type: 'tool-result', toolCallId: id, toolName: name, output: { type: 'text', value: results[name] } })).reverse(),
		}],
	};
}
