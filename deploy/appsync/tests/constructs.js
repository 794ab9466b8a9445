// What AppSync's runtime offers, by the typings that AWS publishes: names only.
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';

import ts from 'typescript';

const folder = dirname(createRequire(import.meta.url).resolve('appsync-typings/package.json'));

const program = ts.createProgram(
  ['lib/index.d.ts', 'lib/dynamodb-helpers.d.ts', 'lib/rds-helpers.d.ts', 'ai.d.ts'].map((file) =>
    join(folder, file),
  ),
  { noEmit: true, strict: true, skipLibCheck: true, types: [] },
);
const checker = program.getTypeChecker();

// Gives what a module exports, by name.
function exportsOf(file) {
  const module = checker.getSymbolAtLocation(program.getSourceFile(join(folder, file)));
  const symbols = checker.getExportsOfModule(module).map((symbol) => [symbol.name, aliased(symbol)]);
  return new Map(symbols);
}

function aliased(symbol) {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

const isValue = (symbol) => symbol.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Variable);
const typeOfValue = (symbol) => checker.getTypeOfSymbolAtLocation(symbol, symbol.valueDeclaration);
const declaredIn = (symbol) => symbol.valueDeclaration?.getSourceFile().fileName ?? '';

// Gives the members of a type, or of each type of a union.
function membersOf(type) {
  const types = (type.isUnion() ? type.types : [type]).filter(
    (each) => each.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection),
  );
  return types.flatMap((each) => each.getProperties()).filter((each) => declaredIn(each).startsWith(folder));
}

// Gives the names of a value and of what is in it.
function* namesIn(name, type) {
  const members = membersOf(type);
  if (members.length === 0) {
    yield name;
  }
  for (const member of members) {
    yield* namesIn(`${name}.${member.name}`, typeOfValue(member));
  }
}

// Gives the members of each request to a data source, by its operation where it has one of its own.
function* requestsIn(exported) {
  for (const [name, symbol] of exported) {
    if (/.Request$/.test(name)) {
      const type = checker.getDeclaredTypeOfSymbol(symbol);
      const operation = type.getProperty('operation');
      const literal = operation && typeOfValue(operation);
      const prefixes = name.startsWith('OpenSearch') || !literal
        ? [name.replace('Request', '')]
        : (literal.isUnion() ? literal.types : [literal]).map((each) => each.value);
      for (const member of type.getProperties()) {
        for (const prefix of prefixes) {
          yield member.name === 'operation' ? prefix : `${prefix}.${member.name}`;
        }
      }
    }
  }
}

function* everything() {
  const main = exportsOf('lib/index.d.ts');
  for (const name of ['util', 'extensions', 'runtime']) {
    yield* namesIn(name, typeOfValue(main.get(name)));
  }
  yield* namesIn('ctx', checker.getDeclaredTypeOfSymbol(main.get('Context')));
  yield* namesIn('ctx', checker.getDeclaredTypeOfSymbol(main.get('EventOnPublishContext')));
  yield* requestsIn(main);
  const modules = { dynamodb: 'lib/dynamodb-helpers.d.ts', rds: 'lib/rds-helpers.d.ts', ai: 'ai.d.ts' };
  for (const [module, file] of Object.entries(modules)) {
    for (const [name, symbol] of exportsOf(file)) {
      if (isValue(symbol)) {
        yield* namesIn(`${module}.${name}`, typeOfValue(symbol));
      }
    }
  }
}

export const constructs = [...new Set(everything())].sort();
