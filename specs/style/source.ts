import ts from 'typescript';

/** One source file, parsed but not type checked: rules look at syntax, and never at the insides of strings. */
export interface Source {
  /** Relative to the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
}

/** Something imported, exported from, or loaded dynamically: the specifier as written. */
export interface ImportOf {
  readonly specifier: string;
  readonly names: readonly string[];
  readonly line: number;
}

export function parseSource(path: string, text: string): Source {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
  return { path, text, tree };
}

export function lineOf(source: Source, position: number): number {
  return source.tree.getLineAndCharacterOfPosition(position).line + 1;
}

export function* nodesOf(source: Source): Generator<ts.Node> {
  const pending: ts.Node[] = [source.tree];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    yield node;
    const children: ts.Node[] = [];
    ts.forEachChild(node, (child) => {
      children.push(child);
    });
    pending.push(...children.reverse());
  }
}

export function* importsOf(source: Source): Generator<ImportOf> {
  for (const node of nodesOf(source)) {
    const specifier = specifierOf(node);
    if (specifier === undefined) continue;
    yield { specifier: specifier.text, names: importedNames(node), line: lineOf(source, node.getStart()) };
  }
}

function specifierOf(node: ts.Node): ts.StringLiteralLike | undefined {
  const candidate = specifierCandidate(node);
  return candidate !== undefined && ts.isStringLiteralLike(candidate) ? candidate : undefined;
}

function specifierCandidate(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) return node.arguments[0];
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return node.argument.literal;
  return undefined;
}

function importedNames(node: ts.Node): string[] {
  if (!ts.isImportDeclaration(node)) return [];
  const bindings = node.importClause?.namedBindings;
  if (bindings === undefined || !ts.isNamedImports(bindings)) return [];
  return bindings.elements.map((element) => (element.propertyName ?? element.name).text);
}

/** Comments, each once, in order. */
export function commentsOf(source: Source): { readonly text: string; readonly line: number }[] {
  const starts = new Map<number, number>();
  const note = (ranges: readonly ts.CommentRange[] | undefined): void => {
    for (const range of ranges ?? []) starts.set(range.pos, range.end);
  };
  const visit = (node: ts.Node): void => {
    note(ts.getLeadingCommentRanges(source.text, node.getFullStart()));
    note(ts.getTrailingCommentRanges(source.text, node.getEnd()));
    for (const child of node.getChildren(source.tree)) visit(child);
  };
  visit(source.tree);
  return [...starts].map(([from, to]) => ({ text: source.text.slice(from, to), line: lineOf(source, from) }));
}

/** True where an identifier stands for a variable, rather than naming a property, a member or an import. */
export function isReference(node: ts.Identifier): boolean {
  const parent = node.parent;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isQualifiedName(parent)) return parent.left === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  if (ts.isBindingElement(parent)) return parent.initializer === node;
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent)) return false;
  return !(namedMembers.has(parent.kind) && 'name' in parent && parent.name === node);
}

const namedMembers: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.PropertyDeclaration,
  ts.SyntaxKind.PropertySignature,
  ts.SyntaxKind.MethodDeclaration,
  ts.SyntaxKind.MethodSignature,
  ts.SyntaxKind.GetAccessor,
  ts.SyntaxKind.SetAccessor,
  ts.SyntaxKind.EnumMember,
  ts.SyntaxKind.Parameter,
  ts.SyntaxKind.VariableDeclaration,
  ts.SyntaxKind.FunctionDeclaration,
  ts.SyntaxKind.FunctionExpression,
  ts.SyntaxKind.ClassDeclaration,
  ts.SyntaxKind.InterfaceDeclaration,
  ts.SyntaxKind.TypeAliasDeclaration,
  ts.SyntaxKind.ImportClause,
  ts.SyntaxKind.NamespaceImport,
  ts.SyntaxKind.NamedTupleMember,
  ts.SyntaxKind.JSDocParameterTag,
]);

/** Names that the file declares itself: a parameter called `process` is no access to the process. */
export function declaredNames(source: Source): ReadonlySet<string> {
  const names = new Set<string>();
  for (const node of nodesOf(source)) {
    if (
      (ts.isVariableDeclaration(node) || ts.isParameter(node) || ts.isBindingElement(node)) &&
      ts.isIdentifier(node.name)
    ) {
      names.add(node.name.text);
    }
    if ((ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)) && node.name !== undefined) {
      names.add(node.name.text);
    }
  }
  return names;
}
