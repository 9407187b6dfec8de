// SPDX-License-Identifier: BSD-3-Clause

// Package decide is the vocabulary of decisions: a rule looks at facts and finds something or not, a
// chain of rules yields a verdict.
//
// Nothing here can read or write: facts come in as a value that a kind's Gather made, and what time
// it is stands among them. The same facts give the same verdict, always.
//
// A verdict never says "there should be nothing". It says Admit, Hold, Keep or Withdraw, so that a
// refusal cannot be mistaken for an empty list of children to prune towards.
package decide
