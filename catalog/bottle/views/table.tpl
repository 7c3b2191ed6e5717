<!DOCTYPE html>
<table>
% for row in rows:
<tr>\\
% for cell in row:
<td>{{cell}}</td>\\
% end
</tr>
% end
</table>
