// The official client of Google: Gemini.
import { GoogleGenAI } from '@google/genai';

const CHOICES = { required: 'ANY', auto: 'AUTO', none: 'NONE' };

function configOf(ask, signal) {
	return {
		abortSignal: signal,
		systemInstruction: ask.system,
		temperature: ask.temperature,
		maxOutputTokens: ask.limit,
		tools: ask.tools && [{ functionDeclarations: ask.tools.map(({ name, description, parameters }) => (
			{ name, description, parametersJsonSchema: parameters })) }],
		toolConfig: ask.choice && { functionCallingConfig: { mode: CHOICES[ask.choice] } },
		thinkingConfig: ask.think ? { includeThoughts: true, thinkingBudget: 4096 } : undefined,
		...(ask.schema && { responseMimeType: 'application/json', responseJsonSchema: ask.schema }),
	};
}

// One answer of the pieces of a stream, or of the only one.
function answerOf(pieces) {
	const parts = pieces.flatMap((piece) => piece.candidates?.[0]?.content?.parts ?? []);
	const reports = pieces.map((piece) => piece.usageMetadata).filter(Boolean);
	const usage = reports.at(-1);
	const text = parts.filter((part) => !part.thought).map((part) => part.text ?? '').join('');
	return {
		said: { role: 'model', parts },
		answer: {
			text,
			thought: parts.filter((part) => part.thought).map((part) => part.text).join(''),
			calls: parts.filter((part) => part.functionCall).map(({ functionCall: call }) => (
				{ id: call.id, name: call.name, arguments: call.args })),
			finish: pieces.map((piece) => piece.candidates?.[0]?.finishReason).filter(Boolean).join(' '),
			usage: usage && {
				prompt: usage.promptTokenCount,
				cached: usage.cachedContentTokenCount ?? 0,
				answer: (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0),
				thinking: usage.thoughtsTokenCount ?? 0,
			},
			usage_count: reports.length,
		},
	};
}

export function make(job) {
	const attempts = 1 + (job.ask.retries ?? 0);
	const google = new GoogleGenAI({
		apiKey: job.key,
		httpOptions: { baseUrl: job.origin, timeout: job.ask.timeout_ms, retryOptions: { attempts } },
	});

	async function pieces(request, ask, seen) {
		if (!ask.stream) return [await google.models.generateContent(request)];
		const all = [];
		for await (const piece of await google.models.generateContentStream(request)) {
			all.push(piece);
			seen();
		}
		return all;
	}

	return {
		models: async () => (await Array.fromAsync(await google.models.list())).map((m) => m.name.replace('models/', '')),
		unserved: async () => Array.fromAsync(await google.files.list()),
		async loop(ask, run) {
			const functionDeclarations = ask.tools.map(({ name, description, parameters }) => (
				{ name, description, parametersJsonSchema: parameters }));
			const callTool = async (calls) => calls.map(({ id, name, args }) => (
				{ functionResponse: { id, name, response: { output: run(name, args) } } }));
			const tools = [{ tool: async () => ({ functionDeclarations }), callTool }];
			const request = { model: job.model, contents: ask.words, config: { tools } };
			if (!ask.stream) return (await google.models.generateContent(request)).text;
			const pieces = await Array.fromAsync(await google.models.generateContentStream(request));
			return pieces.map((piece) => piece.text ?? '').join('');
		},
		begin: (ask) => [{
			role: 'user',
			parts: [
				{ text: ask.words },
				...(ask.image ? [{ inlineData: { mimeType: ask.image.mime, data: ask.image.data } }] : []),
			],
		}],
		async send(contents, ask, signal, seen) {
			const { answer, said } = answerOf(await pieces({ model: job.model, contents, config: configOf(ask, signal) }, ask, seen));
			if (ask.schema) answer.json = JSON.parse(answer.text);
			return { answer, said };
		},
		follow: (history, said, answer, results) => [...history, said, {
			role: 'user',
			parts: answer.calls.map(({ id, name }) => (
				{ functionResponse: { id, name, response: { output: results[name] } } })).reverse(),
		}],
	};
}
