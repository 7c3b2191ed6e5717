<!DOCTYPE html>
<p>Hello, {{name}}!</p>
