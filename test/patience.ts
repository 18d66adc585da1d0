/* How long a test may take. jest's 5 s are a claim about the machine's speed, and a busy machine is not a fault. */
jest.setTimeout(60_000);
