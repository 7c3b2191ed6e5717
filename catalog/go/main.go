// SPDX-License-Identifier: GPL-3.0-or-later

// The HTTP server of Go's standard library, with its html/template.
package main

import (
	"fmt"
	"html/template"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
)

var (
	name = template.Must(template.New("name").Parse("<!DOCTYPE html>\n<p>Hello, {{.}}!</p>\n"))
	page = template.Must(template.New("page").Parse("<!DOCTYPE html>\n<table>\n" +
		"{{range .}}<tr>{{range .}}<td>{{.}}</td>{{end}}</tr>\n{{end}}</table>\n"))
	rows  [6][4]string
	items = make(map[int]struct{})
)

func hello(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	fmt.Fprint(w, "hello from go\n")
}

func renderName(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	name.Execute(w, "World")
}

func renderTable(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	page.Execute(w, rows)
}

func lookup(w http.ResponseWriter, r *http.Request) {
	found := 0
	for i := 0; i < 50000; i++ {
		if _, ok := items[i]; ok {
			found++
		}
	}
	w.Header().Set("Content-Type", "text/plain")
	fmt.Fprintf(w, "found %d\n", found)
}

func main() {
	for i := 0; i < 50000; i += 50 {
		items[i] = struct{}{}
	}
	for r := range rows {
		for c := range rows[r] {
			rows[r][c] = fmt.Sprintf("%d.%d", r+1, c+1)
		}
	}
	http.HandleFunc("/hello", hello)
	http.HandleFunc("/render_name", renderName)
	http.HandleFunc("/render_table", renderTable)
	http.HandleFunc("/lookup", lookup)

	network, address := "tcp", os.Args[1]
	if strings.HasPrefix(address, "unix:") {
		network, address = "unix", strings.TrimPrefix(address, "unix:")
	}
	listener, err := net.Listen(network, address)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.Serve(listener, nil))
}
