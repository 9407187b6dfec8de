// SPDX-License-Identifier: BSD-3-Clause

// Command cmd serves the sandbox on loopback until it is told to stop, and prints its base URL when it answers.
//
//	--address     where to listen; loopback only, because whoever reaches the sandbox may do anything with it
//	--state       a file that keeps the state from one run to the next
//	--production  refuse to delete resources
//	--world       a JSON file with sandbox.Options: organisations, persons, clients with their public keys, templates
package main
