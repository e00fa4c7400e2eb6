import { defineConfig } from '@playwright/test';
import suite from './playwright.config.ts';

/** Makes the pictures of the README anew; see `pictures.ts`. Not a part of the tests. */
export default defineConfig({ ...suite, projects: undefined, testMatch: 'pictures.ts', workers: 1 });
