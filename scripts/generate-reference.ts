import { writeFileSync } from 'node:fs';
import { jsonSchemaText } from '../src/config/json-schema.ts';
import { referencePageText } from '../src/config/reference-page.ts';

/** `npm run generate`: writes what is derived from the configuration's schema. A test compares. */
const root = new URL('..', import.meta.url);
writeFileSync(new URL('config/inkling.schema.json', root), jsonSchemaText());
writeFileSync(new URL('docs/configuration.md', root), referencePageText());
