import js from '@eslint/js';
import appsync from '@aws-appsync/eslint-plugin';

export default [
  js.configs.recommended,
  { languageOptions: { parserOptions: { projectService: true } } },
  appsync.configs.recommended,
];
