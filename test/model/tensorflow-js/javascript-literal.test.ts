import { describe, expect, it } from 'vitest';
import { exportedLiteral } from '../../../model/tensorflow-js/file/javascript-literal.ts';

const read = (source: string) => exportedLiteral(source, 'model.js');

describe('data that a JavaScript module exports', () => {
  it.each<[string, string, unknown]>([
    ['an object of a CommonJS module', 'module.exports = { a: 1, "b": [2, 3], };', { a: 1, b: [2, 3] }],
    [
      'a minified UMD module',
      '!function(e){module.exports=e()}(function(){n.exports={a:!0,b:!1,c:void 0,d:null,e:.5,f:-1e-7,$g:[]}});',
      { a: true, b: false, c: undefined, d: null, e: 0.5, f: -1e-7, $g: [] },
    ],
    ['an ES module', "export default 'text';", 'text'],
    ['escapes', String.raw`module.exports = "a\"\u0041\x42\n\\"`, 'a"AB\n\\'],
    ['single quotes with an escape', String.raw`module.exports = 'it\'s'`, "it's"],
    ['an unusual number', 'module.exports=[1., 0.25, 1E3, -2]', [1, 0.25, 1000, -2]],
  ])('is read from %s', (_, source, expected) => {
    expect(structuredClone(read(source))).toEqual(expected);
  });

  it('has no prototype, so that no key has a meaning', () => {
    const value = read('module.exports = { __proto__: { polluted: true }, constructor: 1 }');
    expect(Object.getPrototypeOf(value)).toBeNull();
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it.each([
    ['a call', 'module.exports = { a: require("fs") }'],
    ['a template', 'module.exports = { a: `text` }'],
    ['a very deep list', `module.exports = ${'['.repeat(100_000)}`],
    ['an unfinished object', 'module.exports = { a: 1'],
    ['an unfinished text', 'module.exports = "abc'],
    ['two values without a comma', 'module.exports = [1 2]'],
  ])('is never computed: %s is refused', (_, source) => {
    expect(() => read(source)).toThrow(/^model.js is not plain data at character \d+/);
  });

  it('is missing in a module that exports a function', () => {
    expect(() => read('module.exports = function () { return 1; }')).toThrow('model.js exports no data');
  });
});
