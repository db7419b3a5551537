// SPDX-License-Identifier: Apache-2.0

// Feeds a time-series server with points that were made before the clock starts, waits until a query sees all of them,
// and prints one JSON object: seconds, points a second, CPU seconds of the server (-pid). The same flags make the same
// bytes. Modes: telnet (OpenTSDB's put lines), json (bodies of KairosDB's POST /api/v1/datapoints), query (latencies).
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/http"
	"net/url"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

var (
	mode    = flag.String("mode", "telnet", "telnet, json or query")
	base    = flag.String("url", "http://127.0.0.1:8080", "of the REST API")
	kind    = flag.String("kind", "kairos", "how visible points are counted: kairos or victoria")
	telnet  = flag.String("telnet", "127.0.0.1:4242", "address of the telnet door")
	metric  = flag.String("metric", "bench.noise", "name of the metric")
	points  = flag.Int("points", 3_000_000, "points in all")
	series  = flag.Int("series", 100, "series that they belong to")
	body    = flag.Int("body", 1000, "points of a JSON body")
	clients = flag.Int("connections", 2, "connections at the same time")
	first   = flag.Int64("first", 1_700_000_000, "seconds since 1970 of the first point")
	pid     = flag.Int("pid", 0, "process whose CPU time is told; 0: none")
	queries = flag.Int("queries", 20, "queries of -mode query")
	cache   = flag.Int("cache", 0, "cache_time of these")
)

// The value of point j of series s: noise of two decimals, the same in each run.
func values() [][]string {
	random := rand.New(rand.NewSource(42))
	all := make([][]string, *series)
	for s := range all {
		all[s] = make([]string, (*points+*series-1)/(*series))
		for j := range all[s] {
			all[s][j] = strconv.FormatFloat(random.Float64()*100, 'f', 2, 64)
		}
	}
	return all
}

func cpu() float64 {
	if *pid == 0 {
		return 0
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", *pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+2:]))
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / 100
}

func last() int64 { return *first + int64(*points / *series) }

func visible() int {
	if *kind == "victoria" {
		window := last() - *first + 10
		text := fmt.Sprintf("sum(count_over_time({__name__=%q}[%ds]))", *metric, window)
		answer, err := http.Get(*base + "/api/v1/query?nocache=1&time=" + strconv.FormatInt(last()+5, 10) + "&query=" + url.QueryEscape(text))
		if err != nil {
			return -1
		}
		defer answer.Body.Close()
		var parsed struct {
			Data struct {
				Result []struct{ Value []interface{} }
			}
		}
		json.NewDecoder(answer.Body).Decode(&parsed)
		if len(parsed.Data.Result) == 0 {
			return 0
		}
		n, _ := strconv.Atoi(parsed.Data.Result[0].Value[1].(string))
		return n
	}
	query := fmt.Sprintf(`{"start_absolute":%d000,"end_absolute":%d000,"metrics":[{"name":%q,"aggregators":[{"name":"count","sampling":{"value":10,"unit":"years"}}]}]}`, *first, last(), *metric)
	answer, err := http.Post(*base+"/api/v1/datapoints/query", "application/json", strings.NewReader(query))
	if err != nil {
		return -1
	}
	defer answer.Body.Close()
	var parsed struct {
		Queries []struct {
			SampleSize int `json:"sample_size"`
		}
	}
	json.NewDecoder(answer.Body).Decode(&parsed)
	if len(parsed.Queries) == 0 {
		return 0
	}
	return parsed.Queries[0].SampleSize
}

// What connection c sends, in pieces.
func lines(all [][]string, c int) [][]byte {
	var pieces [][]byte
	var piece bytes.Buffer
	for k := c; k < *points; k += *clients {
		s, j := k%*series, k / *series
		fmt.Fprintf(&piece, "put %s %d %s host=h%02d dc=d%d\n", *metric, *first+int64(j), all[s][j], s, s%4)
		if piece.Len() > 60_000 {
			pieces = append(pieces, append([]byte(nil), piece.Bytes()...))
			piece.Reset()
		}
	}
	return append(pieces, piece.Bytes())
}

func bodies(all [][]string) [][]byte {
	var made [][]byte
	each := *body
	if each > *points / *series {
		each = *points / *series
	}
	for j := 0; j < *points / *series; j += each {
		for s := range all {
			var text bytes.Buffer
			fmt.Fprintf(&text, `[{"name":%q,"tags":{"host":"h%02d","dc":"d%d"},"datapoints":[`, *metric, s, s%4)
			for k := j; k < j+each && k < len(all[s]); k++ {
				if k > j {
					text.WriteByte(',')
				}
				fmt.Fprintf(&text, "[%d000,%s]", *first+int64(k), all[s][k])
			}
			text.WriteString("]}]")
			made = append(made, text.Bytes())
		}
	}
	return made
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func feed() {
	all := values()
	var work sync.WaitGroup
	var send []func()
	if *mode == "telnet" {
		for c := 0; c < *clients; c++ {
			pieces := lines(all, c)
			connection, err := net.Dial("tcp", *telnet)
			fail(err)
			send = append(send, func() {
				for _, piece := range pieces {
					_, err := connection.Write(piece)
					fail(err)
				}
				connection.Close()
			})
		}
	} else {
		made := bodies(all)
		queue := make(chan []byte, len(made))
		for _, one := range made {
			queue <- one
		}
		close(queue)
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: *clients}}
		for c := 0; c < *clients; c++ {
			send = append(send, func() {
				for one := range queue {
					answer, err := client.Post(*base+"/api/v1/datapoints", "application/json", bytes.NewReader(one))
					fail(err)
					io.Copy(io.Discard, answer.Body)
					answer.Body.Close()
					if answer.StatusCode != 204 {
						fail(fmt.Errorf("status %d", answer.StatusCode))
					}
				}
			})
		}
	}
	cpuBefore, begin := cpu(), time.Now()
	for _, one := range send {
		work.Add(1)
		go func(run func()) {
			defer work.Done()
			run()
		}(one)
	}
	work.Wait()
	sent := time.Since(begin).Seconds()
	// Counting costs the server CPU time as well; so few times as possible.
	seen, rest := 0, 5*time.Millisecond
	for seen = visible(); seen < *points && time.Since(begin) < 5*time.Minute; seen = visible() {
		time.Sleep(rest)
	}
	whole := time.Since(begin).Seconds()
	report(map[string]interface{}{"mode": *mode, "points": *points, "visible": seen, "sent_seconds": sent, "visible_seconds": whole,
		"points_per_second": float64(*points) / whole, "cpu_seconds": cpu() - cpuBefore,
		"cpu_seconds_per_million": (cpu() - cpuBefore) * 1e6 / float64(*points)})
}

// The average by minute and host of the whole range.
func ask() {
	request := func() (*http.Response, error) {
		if *kind == "victoria" {
			text := fmt.Sprintf("avg by (host) (avg_over_time(%s[1m]))", *metric)
			return http.Get(fmt.Sprintf("%s/api/v1/query_range?nocache=1&start=%d&end=%d&step=60&query=%s", *base, *first, last(), url.QueryEscape(text)))
		}
		text := fmt.Sprintf(`{"start_absolute":%d000,"end_absolute":%d000,"cache_time":%d,"metrics":[{"name":%q,"group_by":[{"name":"tag","tags":["host"]}],"aggregators":[{"name":"avg","sampling":{"value":1,"unit":"minutes"}}]}]}`,
			*first, last(), *cache, *metric)
		return http.Post(*base+"/api/v1/datapoints/query", "application/json", strings.NewReader(text))
	}
	cpuBefore := cpu()
	var times []float64
	size := int64(0)
	for i := 0; i < *queries; i++ {
		begin := time.Now()
		answer, err := request()
		fail(err)
		size, _ = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		times = append(times, time.Since(begin).Seconds()*1000)
	}
	sort.Float64s(times)
	report(map[string]interface{}{"mode": "query", "queries": *queries, "bytes": size, "p50_ms": times[len(times)/2],
		"p95_ms": times[len(times)*95/100], "cpu_seconds_per_query": (cpu() - cpuBefore) / float64(*queries)})
}

func report(figures map[string]interface{}) {
	text, _ := json.Marshal(figures)
	fmt.Println(string(text))
}

func main() {
	flag.Parse()
	if *mode == "query" {
		ask()
	} else {
		feed()
	}
}
