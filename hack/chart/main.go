// SPDX-License-Identifier: BSD-3-Clause

// Command chart generates charts/serviceowner-operator from config/default, so that the two ways of
// installing the operator cannot drift apart. Each object that kustomize builds becomes one template
// with the same content; only the places listed in places.go read a value of the chart. What has no
// place any more, because config changed under it, is an error that names it.
//
//	chart <checkout>
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: chart <checkout>")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "chart:", err)
		os.Exit(1)
	}
}

// run brings the chart in the checkout root up to date with its config/default.
func run(root string) error {
	built, err := read(filepath.Join(root, "config", "default"))
	if err != nil {
		return err
	}
	files, err := generate(built)
	if err != nil {
		return err
	}
	return write(filepath.Join(root, "charts", chartName), files)
}
