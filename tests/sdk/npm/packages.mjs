// Lets files of this folder import packages that stand elsewhere: in the cache folder, where they are
// installed once (OFFGRID_PACKAGES names it). Loaded first: node --import ./packages.mjs
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

const beside = pathToFileURL(`${process.env.OFFGRID_PACKAGES}/package.json`).href;
const isOfPackage = (name) => !/^(\.|\/|node:|file:|data:)/.test(name);
const isOurs = (url) => url?.startsWith(new URL('.', import.meta.url).href);

registerHooks({
	resolve(name, context, next) {
		const mustMove = isOfPackage(name) && isOurs(context.parentURL);
		return next(name, mustMove ? { ...context, parentURL: beside } : context);
	},
});
