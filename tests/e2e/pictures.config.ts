import { defineConfig } from '@playwright/test';
import suite from './playwright.config.ts';

/** Renders the pictures of the README; see `pictures.ts`. Not part of the tests. */
export default defineConfig({ ...suite, projects: undefined, testMatch: 'pictures.ts', workers: 1 });
