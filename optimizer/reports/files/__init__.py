"""Files: what a run leaves beside page and workbook: tables, map, certificate, news, a folder for each rep."""
